// The document beside the chat: citations lead into it and back, quotes show on hover and focus, each sentence offers its
// link, words are found in it.
"use strict";
(() => {
  const { root, byId, words, texts, language, say } = window.room;

  // --- Citations: there, and back ---------------------------------------------------------------------------------------
  let cameFrom = null;

  const cited = (target) => {
    const link = target instanceof Element ? target.closest("a.cite") : null;
    return link && { link, address: decodeURIComponent(link.hash.slice(1)) };
  };
  const beside = () => getComputedStyle(byId("panel")).position !== "fixed";
  const away = () => history.state?.away === true;

  function read() {
    if (!beside()) root.classList.add("reading");
    byId("text").focus({ preventScroll: true });
  }

  function leave() {
    // Back undoes this step and nothing else of the visit.
    if (!away()) history.pushState({ away: true }, "");
  }

  function show({ link, address }) {
    const sentence = byId(address);
    if (!sentence) {
      location.assign(`document?lang=${language()}#${address}`);
      return;
    }
    unmark();
    sentence.classList.add("shown");
    root.classList.add("shown-from");
    offer(sentence);
    cameFrom = link;
    leave();
    read();
    sentence.scrollIntoView({ block: "center" });
    sentence.focus({ preventScroll: true });
    const said = document.createElement("span"); // in the language of the citation, which may not be the page's
    said.lang = link.closest("[lang]").lang;
    said.textContent = texts[said.lang].shown_in_document.replace("{label}", link.textContent.trim());
    say(said);
  }

  function unmark() {
    document.querySelectorAll(".sentence.shown").forEach((other) => other.classList.remove("shown"));
    withdraw();
    root.classList.remove("shown-from");
  }

  function back() {
    if (away()) history.back();
    else returned();
  }

  function returned() {
    root.classList.remove("reading");
    unmark();
    const target = cameFrom?.isConnected ? cameFrom : byId("open-document");
    target.scrollIntoView({ block: "nearest" });
    target.focus({ preventScroll: true });
    hide();
    cameFrom = null;
  }

  addEventListener("popstate", returned);
  // A reload forgets where the reader came from, so there is nothing to go back to.
  if (away()) history.replaceState(null, "");

  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const citation = cited(event.target);
    if (citation) {
      event.preventDefault();
      hide();
      show(citation);
      return;
    }
    const target = event.target instanceof Element ? event.target.closest("button, a") : null;
    if (target?.id === "back") back();
    if (target?.id === "aid") aid(!root.classList.contains("with-aid"));
    if (target?.id === "open-document") {
      event.preventDefault();
      cameFrom = target;
      leave();
      read();
    }
  });
  document.addEventListener("room:read", () => {
    cameFrom = byId("open-document");
    if (!beside()) leave();
    read();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
    if (!quote.hidden) hide();
    else if (root.classList.contains("reading") || root.classList.contains("shown-from")) back();
    else withdraw();
  });

  // --- The link to a sentence: of the one that was clicked, cited, or reached with Tab and the arrow keys --------------------
  const sentences = [...document.querySelectorAll("#text .sentence")];
  const offered = () => document.querySelector(".copy-sentence");

  /** A button behind the sentence: copies the address it has on the document's own page. */
  function offer(sentence) {
    const link = new URL(`document?lang=${language()}#${sentence.id}`, document.baseURI).href;
    if (offered()?.dataset.link === link) return;
    withdraw();
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy-sentence";
    button.lang = language();
    button.textContent = words("copy_sentence");
    button.setAttribute("aria-describedby", sentence.id);
    button.dataset.link = link;
    const rendering = sentence.nextElementSibling;
    (rendering?.classList.contains("aid") ? rendering : sentence).after(button);
    stop(sentence);
  }

  function withdraw() {
    const button = offered();
    if (button && button === document.activeElement) byId(button.getAttribute("aria-describedby")).focus();
    button?.remove();
  }

  /** Only one sentence is on the way of the Tab key, so that fifty are not in it. */
  function stop(sentence) {
    for (const other of sentences) {
      other.tabIndex = other === sentence ? 0 : -1;
      if (other === sentence) other.setAttribute("aria-describedby", "keys");
      else other.removeAttribute("aria-describedby");
    }
  }
  stop(sentences[0]);

  let pressed = false; // by a pointer: it may be about to select words, so the button waits for the click
  addEventListener("pointerdown", () => (pressed = true), true);
  for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, () => (pressed = false), true);
  const sentenceOf = (target) => (target instanceof Element ? target.closest("#text .sentence") : null);
  byId("text").addEventListener("focusin", (event) => {
    const sentence = sentenceOf(event.target);
    if (sentence && !pressed) offer(sentence);
  });
  byId("text").addEventListener("click", (event) => {
    const aid = event.target.closest("#text .aid")?.previousElementSibling;
    const sentence = sentenceOf(event.target) ?? sentenceOf(aid);
    if (sentence && getSelection().isCollapsed) offer(sentence);
  });
  byId("text").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const next = sentences[sentences.indexOf(event.target) + step];
    if (!sentenceOf(event.target) || !next) return;
    event.preventDefault();
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  });

  // --- The quote behind a citation: stays while the pointer is on it, goes with Escape -------------------------------------
  const quote = document.createElement("div");
  quote.id = "quote";
  quote.setAttribute("role", "tooltip");
  quote.hidden = true;
  byId("state").append(quote); // inside a landmark, like everything else
  let timer = 0;
  let described = null; // the citation whose quote it shows

  function describe(link) {
    described?.removeAttribute("aria-describedby");
    described = link;
    link?.setAttribute("aria-describedby", "quote");
  }

  function reveal(event) {
    if (quote.contains(event.target)) clearTimeout(timer);
    const citation = cited(event.target);
    const sentence = citation && byId(citation.address);
    // Where the quote itself stands before the citation, showing it again would only cover the answer.
    if (!sentence || citation.link.closest(".quote")) return;
    clearTimeout(timer);
    quote.replaceChildren();
    const verbatim = document.createElement("span");
    verbatim.lang = "en";
    verbatim.textContent = sentence.textContent;
    quote.append(verbatim);
    const rendering = sentence.nextElementSibling;
    if (rendering?.classList.contains("aid") && citation.link.closest("[lang]")?.lang === "ja") {
      quote.append(rendering.cloneNode(true));
    }
    describe(citation.link);
    stand();
  }

  /** Put the quote by its citation; where that is out of sight, so is the quote. */
  function stand() {
    const place = described.getBoundingClientRect();
    quote.hidden = place.bottom < 0 || place.top > innerHeight;
    const width = Math.min(440, innerWidth - 24);
    quote.style.width = `${width}px`;
    quote.style.left = `${Math.max(12, Math.min(place.left, innerWidth - width - 12))}px`;
    const below = place.bottom + 4 + quote.offsetHeight < innerHeight;
    quote.style.top = `${below ? place.bottom + 4 : Math.max(8, place.top - 4 - quote.offsetHeight)}px`;
  }
  function hide() {
    clearTimeout(timer);
    quote.hidden = true;
    describe(null);
  }
  function soon(event) {
    if (!cited(event.target) && !quote.contains(event.target)) return;
    clearTimeout(timer);
    timer = setTimeout(hide, 200);
  }
  document.addEventListener("mouseover", reveal);
  document.addEventListener("focusin", reveal);
  document.addEventListener("mouseout", soon);
  document.addEventListener("focusout", (event) => cited(event.target) && hide());
  // A page scrolls to what the keyboard reaches: there the quote goes along. What only the pointer was on has moved away.
  addEventListener(
    "scroll",
    (event) => {
      if (event.target === quote || !described) return;
      if (described.matches(":focus-visible")) stand();
      else hide();
    },
    true,
  );

  // --- The reading aid ---------------------------------------------------------------------------------------------------
  function aid(on) {
    root.classList.toggle("with-aid", on);
    byId("aid")?.setAttribute("aria-pressed", String(on));
  }
  document.addEventListener("room:language", () => {
    aid(language() === "ja");
    if (asked) find((field.value = asked)); // also in the reading aid, if that is shown now
    const sentence = byId(offered()?.getAttribute("aria-describedby"));
    if (sentence) offer(sentence); // in the other language, and the link with it
  });
  aid(language() === "ja");

  // --- Finding words in the text and its reading aid -------------------------------------------------------------------------
  const field = document.querySelector("#find input[type=search]");
  let hits = [];
  let place = -1;

  // Quotation marks are mixed in the original; a reader types either kind.
  const even = (text) => text.normalize("NFKC").toLowerCase().replace(/[‘’]/g, "'").replace(/[“”]/g, '"');

  function clearFound() {
    for (const hit of hits) hit.replaceWith(document.createTextNode(hit.textContent));
    byId("text").normalize();
    hits = [];
    place = -1;
    byId("found").textContent = "";
  }

  function find(query) {
    clearFound();
    const wanted = even(query.trim());
    if (!wanted) return;
    // What the reader sees first; a hidden reading aid only when the word stands nowhere else, and then it is shown.
    search(wanted, root.classList.contains("with-aid") ? ".sentence, #text .aid" : ".sentence");
    if (!hits.length) search(wanted, "#text .aid");
    if (hits[0]?.closest(".aid")) aid(true);
    step();
  }

  function search(wanted, where) {
    for (const holder of document.querySelectorAll(where)) {
      let node = holder.firstChild;
      let at;
      // Lowercase and normal width keep every character of this text one character, so places agree.
      while (node && (at = even(node.data).indexOf(wanted)) >= 0) {
        const hit = document.createElement("mark");
        const rest = node.splitText(at);
        node = rest.splitText(wanted.length);
        hit.append(rest.data);
        rest.replaceWith(hit);
        hits.push(hit);
      }
    }
  }

  function step() {
    hits[place]?.classList.remove("here");
    place = hits.length ? (place + 1) % hits.length : -1;
    hits[place]?.classList.add("here");
    hits[place]?.scrollIntoView({ block: "center" });
    const found = hits.length ? "panel_hits" : "panel_hits_0";
    byId("found").textContent = words(found, { place: place + 1, count: hits.length });
  }

  let asked = "";
  byId("find").addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value === asked && hits.length) step();
    else find((asked = field.value));
  });
  field.addEventListener("input", () => {
    if (!field.value) find((asked = ""));
  });
})();
