// Puts the chat about the memorandum on a page of yours:
//   <script src="https://…/embed.js" defer></script>                                      a button in the corner
//   <script src="https://…/embed.js" data-mode="panel" data-target="#ask" defer></script>  a panel inside #ask
// data-language: en or ja (else the page's own); data-height: of the panel, in pixels (600).
// The chat runs in a frame from where this script came; it sets no cookie and reads nothing of your page.
"use strict";
(() => {
  const script = document.currentScript;
  if (!script || !script.src) return;
  const option = (name, otherwise) => script.dataset[name] || otherwise;
  const page = (document.documentElement.lang || navigator.language || "en").toLowerCase();
  const language = option("language", page).startsWith("ja") ? "ja" : "en";
  const words = {
    en: { open: "Ask about the memorandum", close: "Close the chat", title: "Ask about the US–Japan memorandum" },
    ja: { open: "覚書について質問する", close: "チャットを閉じる", title: "日米の覚書について質問する" },
  }[language];
  const source = new URL("./", script.src);
  source.search = new URLSearchParams({ embed: "1", lang: language });

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
        sandbox: "allow-scripts allow-same-origin allow-forms allow-downloads allow-popups allow-popups-to-escape-sandbox",
      },
      { border: "0", width: "100%", background: "Canvas", colorScheme: "light dark", ...style },
    );

  function panel() {
    const target = document.querySelector(option("target", "")) || script.parentElement;
    const height = Number.parseInt(option("height", "600"), 10) || 600;
    const made = frame({ height: `${height}px`, display: "block" });
    if (target === script.parentElement) script.after(made);
    else target.append(made);
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
    let box = null;

    const show = (open) => {
      if (open && !box) {
        box = make(
          "div",
          { id: "moc-chat", role: "region", "aria-label": words.title },
          {
            ...corner,
            bottom: "4.5rem",
            width: "min(26rem, calc(100vw - 2rem))",
            height: "min(40rem, calc(100vh - 6rem))",
            border: "1px solid #71767a",
            borderRadius: "0.5rem",
            overflow: "hidden",
            background: "Canvas",
          },
        );
        box.append(frame({ height: "100%" }));
        document.body.append(box);
      }
      if (box) box.style.display = open ? "block" : "none";
      opener.textContent = open ? words.close : words.open;
      opener.setAttribute("aria-expanded", String(open));
      if (open) box.firstChild.focus();
    };
    const opened = () => opener.getAttribute("aria-expanded") === "true";
    opener.addEventListener("click", () => show(!opened()));
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !opened()) return;
      show(false);
      opener.focus();
    });
    document.body.append(opener);
  }

  const start = () => (option("mode", "button") === "panel" ? panel() : button());
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
