// Puts the chat about the memorandum on a page of yours:
//   <script src="https://…/embed.js" defer></script>                                      a button in the corner
//   <script src="https://…/embed.js" data-mode="panel" data-target="#ask" defer></script>  a panel inside #ask
// data-language: en or ja (else the page's own); data-theme: light or dark (else the reader's); data-height: in pixels;
// data-question: put into the box, and sent only when the reader sends it.
// The chat runs in a frame from where this script came; it sets no cookie and reads nothing of your page.
"use strict";
(() => {
  const script = document.currentScript;
  if (!script || !script.src) return;
  const option = (name, otherwise = "") => script.dataset[name] || otherwise;
  const page = (document.documentElement.lang || navigator.language || "en").toLowerCase();
  const language = option("language", page).startsWith("ja") ? "ja" : "en";
  const theme = ["light", "dark"].includes(option("theme")) ? option("theme") : "";
  const height = Math.max(0, Number.parseInt(option("height"), 10) || 0);
  const words = {
    en: { open: "Ask about the memorandum", close: "Close the chat", title: "Ask about the US–Japan memorandum" },
    ja: { open: "覚書について質問する", close: "チャットを閉じる", title: "日米の覚書について質問する" },
  }[language];
  const source = new URL("./", script.src);
  const wished = { embed: "1", lang: language, theme, question: option("question") };
  source.search = new URLSearchParams(Object.entries(wished).filter(([, value]) => value));

  const make = (name, attributes, style) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    // Through the object model: a page whose policy forbids inline styles still shows them.
    Object.assign(element.style, style);
    return element;
  };
  const frame = (style) =>
    make(
      "iframe",
      {
        src: source.href,
        title: words.title,
        lang: language,
        loading: "lazy",
        referrerpolicy: "no-referrer",
        allow: "clipboard-write",
        sandbox:
          "allow-scripts allow-same-origin allow-forms allow-downloads allow-popups allow-popups-to-escape-sandbox allow-modals",
      },
      { border: "0", width: "100%", background: "Canvas", colorScheme: theme || "light dark", ...style },
    );

  function panel() {
    const made = frame({ height: `${height || 600}px`, display: "block" });
    const target = option("target") && document.querySelector(option("target"));
    if (target) target.append(made);
    else if (document.body.contains(script)) script.after(made);
    else document.body.append(made);
  }

  function button() {
    const corner = { position: "fixed", right: "1rem", bottom: "1rem", zIndex: "2147483000" };
    const opener = make(
      "button",
      { type: "button", "aria-expanded": "false", "aria-controls": "moc-chat", lang: language },
      {
        ...corner,
        padding: "0.75rem 1rem",
        minHeight: "44px",
        border: "1px solid #ffffff",
        borderRadius: "0.5rem",
        background: "#1a4480",
        color: "#ffffff",
        font: "600 1rem system-ui, sans-serif",
        cursor: "pointer",
      },
    );
    opener.textContent = words.open;
    // There from the start, because the button names it; what is in it is loaded when it is first opened.
    const box = make(
      "div",
      { id: "moc-chat", role: "region", "aria-label": words.title, lang: language },
      {
        ...corner,
        bottom: "4.5rem",
        display: "none",
        width: "min(26rem, calc(100vw - 2rem))",
        height: `min(${height ? `${height}px` : "40rem"}, calc(100vh - 6rem))`,
        border: "1px solid #71767a",
        borderRadius: "0.5rem",
        overflow: "hidden",
        background: "Canvas",
        colorScheme: theme || "light dark",
      },
    );
    const opened = () => opener.getAttribute("aria-expanded") === "true";
    const show = (open) => {
      if (open && !box.firstChild) box.append(frame({ height: "100%" }));
      box.style.display = open ? "block" : "none";
      opener.textContent = open ? words.close : words.open;
      opener.setAttribute("aria-expanded", String(open));
      if (open) box.firstChild.focus();
      else opener.focus();
    };
    opener.addEventListener("click", () => show(!opened()));
    // Only from the button: an Escape elsewhere on the page is the page's own.
    opener.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && opened()) show(false);
    });
    document.body.append(opener, box);
  }

  const start = () => (option("mode", "button") === "panel" ? panel() : button());
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
