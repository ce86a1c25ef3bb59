// What the page does beside Gradio: citations lead into the document, Enter during conversion never sends, the counter
// counts. Everything is delegated from the page itself, because Gradio makes and remakes its elements at any time.
"use strict";
(() => {
  const LIMIT = 500;
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const query = new URLSearchParams(location.search);
  if (query.get("embed") === "1") root.classList.add("embed");

  if (/^(light|dark)$/.test(query.get("__theme"))) root.dataset.theme = query.get("__theme");

  // --- Citations -----------------------------------------------------------------------------------------------------
  let cameFrom = null;

  const citation = (target) => {
    const link = target instanceof Element ? target.closest('#chat a[href*="#"]') : null;
    if (!link) return null;
    const address = decodeURIComponent(link.hash.slice(1));
    return /^(title|date|preamble|closing|[ivx]+)(\.|$)/.test(address) ? { link, address } : null;
  };
  const beside = () => getComputedStyle(byId("panel")).position !== "fixed";

  function show({ link, address }) {
    const sentence = byId(address);
    if (!sentence) {
      location.assign(`document?lang=${root.lang}#${address}`);
      return;
    }
    document.querySelectorAll(".sentence.shown").forEach((other) => other.classList.remove("shown"));
    sentence.classList.add("shown");
    cameFrom = link;
    if (!beside() && !root.classList.contains("reading")) {
      root.classList.add("reading");
      history.pushState({ reading: true }, "");
    }
    sentence.scrollIntoView({ block: "center" });
    sentence.focus({ preventScroll: true });
  }

  function close() {
    root.classList.remove("reading");
    if (cameFrom && cameFrom.isConnected) cameFrom.focus();
  }

  addEventListener("popstate", close);
  document.addEventListener("click", (event) => {
    const cited = citation(event.target);
    if (cited && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      hideQuote();
      show(cited);
      return;
    }
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (button?.classList.contains("panel-close")) history.back();
    if (button?.classList.contains("aid-toggle")) setAid(!root.classList.contains("with-aid"));
    if (button?.id === "switch") switchLanguage();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (quote && !quote.hidden) hideQuote();
    else if (root.classList.contains("reading")) history.back();
    else if (cameFrom && document.activeElement?.classList.contains("sentence")) cameFrom.focus();
  });

  // --- The quote behind a citation, on hover and focus ---------------------------------------------------------------
  let quote = null;

  function showQuote(event) {
    const cited = citation(event.target);
    const sentence = cited && byId(cited.address);
    if (!sentence || cited.link.closest("blockquote, .welcome")) return;
    if (!quote) {
      quote = document.createElement("div");
      quote.id = "quote";
      quote.setAttribute("role", "tooltip");
      quote.lang = "en";
      document.body.append(quote);
    }
    quote.textContent = sentence.textContent;
    quote.hidden = false;
    cited.link.setAttribute("aria-describedby", "quote");
    const place = cited.link.getBoundingClientRect();
    const width = Math.min(420, innerWidth - 24);
    quote.style.width = `${width}px`;
    quote.style.left = `${Math.max(12, Math.min(place.left, innerWidth - width - 12))}px`;
    const below = place.bottom + 8 + quote.offsetHeight < innerHeight;
    quote.style.top = `${below ? place.bottom + 8 : Math.max(8, place.top - 8 - quote.offsetHeight)}px`;
  }
  function hideQuote() {
    if (quote) quote.hidden = true;
  }
  document.addEventListener("mouseover", showQuote);
  document.addEventListener("focusin", showQuote);
  document.addEventListener("mouseout", (event) => citation(event.target) && hideQuote());
  document.addEventListener("focusout", (event) => citation(event.target) && hideQuote());
  addEventListener("scroll", hideQuote, true);

  // --- Writing a question --------------------------------------------------------------------------------------------
  // Enter ends a Japanese conversion. Safari reports that Enter after the conversion, with the key code 229 only.
  let converting = false;
  document.addEventListener("compositionstart", () => (converting = true), true);
  document.addEventListener("compositionend", () => setTimeout(() => (converting = false)), true);
  for (const kind of ["keydown", "keypress"]) {
    addEventListener(
      kind,
      (event) => {
        if (event.key === "Enter" && (event.isComposing || converting || event.keyCode === 229)) {
          event.stopImmediatePropagation();
        }
      },
      true,
    );
  }

  function count() {
    const box = document.querySelector("#question textarea");
    const counter = byId("counter");
    if (!box || !counter) return;
    const length = [...box.value].length;
    counter.classList.toggle("too-long", length > LIMIT);
    counter.classList.toggle("near", length > LIMIT * 0.8);
    for (const part of counter.querySelectorAll(".count, .over")) {
      const text = part.textContent.replace(/^\d+/, String(length));
      if (text !== part.textContent) part.textContent = text;
    }
  }
  document.addEventListener("input", count);

  // --- Language ------------------------------------------------------------------------------------------------------
  function speak(language) {
    root.dataset.language = root.lang = language;
    setAid(language === "ja");
  }
  function switchLanguage() {
    speak(root.dataset.language === "ja" ? "en" : "ja");
    const address = new URL(location.href);
    address.searchParams.set("lang", root.lang);
    history.replaceState(history.state, "", address);
  }
  function setAid(on) {
    root.classList.toggle("with-aid", on);
    dress();
  }
  // Gradio sets the page's language to the browser's.
  new MutationObserver(() => {
    if (root.lang !== root.dataset.language) root.lang = root.dataset.language;
  }).observe(root, { attributes: true, attributeFilter: ["lang"] });

  // --- What Gradio leaves out, put back whenever it has drawn something ------------------------------------------------
  function dress() {
    count();
    const toggle = document.querySelector(".aid-toggle");
    const on = String(root.classList.contains("with-aid"));
    if (toggle && toggle.getAttribute("aria-pressed") !== on) toggle.setAttribute("aria-pressed", on);
    // Gradio names each message with its Markdown source, which a screen reader would read before the message itself.
    for (const message of document.querySelectorAll("#conversation [data-testid][aria-label]")) {
      message.removeAttribute("aria-label");
    }
    // Scrolls by itself, so it has to be reachable by keyboard.
    const text = byId("document-panel");
    if (text && text.tabIndex !== 0) text.tabIndex = 0;
    const panel = byId("panel");
    if (panel && !panel.hasAttribute("role")) panel.setAttribute("role", "complementary");
    const name = document.querySelector("#panel-tools .panel-name")?.textContent;
    if (panel && name && panel.getAttribute("aria-label") !== name) panel.setAttribute("aria-label", name);
  }
  let waiting = false;
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      dress();
    });
  }).observe(document.body, { childList: true, subtree: true });
  speak(root.dataset.language);
})();
