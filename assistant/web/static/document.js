// The document beside the chat: citations lead into it and back, quotes show on hover and focus, words are found in it.
"use strict";
(() => {
  const { root, byId, words, language, say } = window.room;

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
    const rendering = sentence.nextElementSibling;
    (rendering?.classList.contains("aid") ? rendering : sentence).after(own(address, link.textContent.trim()));
    cameFrom = link;
    leave();
    read();
    sentence.scrollIntoView({ block: "center" });
    sentence.focus({ preventScroll: true });
    say(words("shown_in_document", { label: link.textContent.trim() }));
  }

  /** A button behind the highlighted sentence: copies the address it has on the document's own page. */
  function own(address, label) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy-sentence";
    button.lang = language();
    button.textContent = words("copy_sentence");
    button.setAttribute("aria-label", `${words("copy_sentence")}: ${label}`);
    button.dataset.link = new URL(`document?lang=${language()}#${address}`, document.baseURI).href;
    return button;
  }

  function unmark() {
    document.querySelectorAll(".sentence.shown").forEach((other) => other.classList.remove("shown"));
    document.querySelectorAll(".copy-sentence").forEach((other) => other.remove());
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
  });

  // --- The quote behind a citation: stays while the pointer is on it, goes with Escape -------------------------------------
  const quote = document.createElement("div");
  quote.id = "quote";
  quote.setAttribute("role", "tooltip");
  quote.hidden = true;
  byId("state").append(quote); // inside a landmark, like everything else
  let timer = 0;

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
    quote.hidden = false;
    citation.link.setAttribute("aria-describedby", "quote");
    const place = citation.link.getBoundingClientRect();
    const width = Math.min(440, innerWidth - 24);
    quote.style.width = `${width}px`;
    quote.style.left = `${Math.max(12, Math.min(place.left, innerWidth - width - 12))}px`;
    const below = place.bottom + 4 + quote.offsetHeight < innerHeight;
    quote.style.top = `${below ? place.bottom + 4 : Math.max(8, place.top - 4 - quote.offsetHeight)}px`;
  }
  function hide() {
    clearTimeout(timer);
    quote.hidden = true;
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
  addEventListener("scroll", (event) => event.target !== quote && hide(), true);

  // --- The reading aid ---------------------------------------------------------------------------------------------------
  function aid(on) {
    root.classList.toggle("with-aid", on);
    byId("aid")?.setAttribute("aria-pressed", String(on));
  }
  document.addEventListener("room:language", () => {
    aid(language() === "ja");
    clearFound();
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
    const with_aid = root.classList.contains("with-aid");
    for (const holder of document.querySelectorAll(`.sentence${with_aid ? ", #text .aid" : ""}`)) {
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
    step();
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
