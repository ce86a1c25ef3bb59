// The conversation beside Gradio: asking, waiting, failing, the language, and what a screen reader hears of it.
// Everything is delegated from the page itself, because Gradio makes and remakes its elements at any time.
"use strict";
window.room = (() => {
  const ECHO = 5_000; // milliseconds within which Gradio reports what was told already; the reader may be asking again
  const UNSENT = 2_000; // after which a question that Gradio has not sent is pressed upon it again
  const PRESSES = 5; // after which it is given back
  const SLOW = 20_000; // after which a chat that has not loaded is not to be waited for any more
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const texts = JSON.parse(byId("words").textContent);
  const language = () => root.dataset.language;
  const words = (key, values = {}) =>
    texts[language()][key].replace(/\{(\w+)\}/g, (_, name) => (name in values ? values[name] : `{${name}}`));

  /** Tell a screen reader, once: text or an element. The same words again are told again. */
  function say(said) {
    byId("live").replaceChildren();
    byId("live").lang = language();
    setTimeout(() => byId("live").replaceChildren(said), 50);
  }

  // --- Asking ----------------------------------------------------------------------------------------------------------
  const box = () => document.querySelector("#question textarea");
  const answers = () => document.querySelectorAll("#conversation .answer");
  const questions = () => document.querySelectorAll("#conversation .user-row");
  let pending = null; // the question on its way, until the conversation shows it
  let unanswered = null; // the same, until its answer is whole: to be put back when the connection is lost before
  let asked = {}; // its text; whether it was sent, and dropped by the reader; the answer it replaces, if any
  let seen = 0; // questions shown before it
  let growing = false;
  let failed = -Infinity; // when a failure was last told
  let failure = () => ""; // what was told of it, in the page's language
  let owed = false; // an announcement, for the answer to the newest question

  function fill(area, value) {
    area.value = value;
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  const busy = () => pending !== null || growing;

  /** Where the focus goes when what had it is gone: the box; with fingers it would call up a keyboard over the answer. */
  function home() {
    const place = matchMedia("(pointer: coarse)").matches ? document.querySelector("#conversation .bubble-wrap") : box();
    place?.focus({ preventScroll: true });
  }

  const heard = () => box()?.dispatchEvent(new Event("input", { bubbles: true }));

  /** A question is on its way. Gradio drops what is pressed before it listens: `press` is done until it has sent it. */
  function begin(question, press, replaces = null) {
    heard(); // a question that was in its box before Gradio listened is not known to it yet
    const own = (asked = { text: question, sent: false, dropped: false, replaces });
    let presses = PRESSES;
    const insist = () => {
      if (own !== asked || own.sent || pending === null) return;
      if (presses-- === 0) fail(0);
      else {
        heard();
        press();
        setTimeout(insist, UNSENT);
      }
    };
    setTimeout(insist, UNSENT);
    pending = unanswered = question;
    owed = true;
    seen = questions().length;
    byId("problem").hidden = true;
    root.classList.remove("lost");
    mark();
  }

  /** The reader wants no answer any more. */
  function drop() {
    asked.dropped = true;
    pending = null;
  }

  let insisting = false; // the button is pressed by this script
  function send() {
    insisting = true;
    byId("send")?.click();
    insisting = false;
  }

  /** Have Gradio ask what is not in its box. */
  function choose(question) {
    const area = document.querySelector("#chosen :is(textarea, input)");
    if (area) fill(area, question);
    byId("choose")?.click();
  }

  /** Ask a suggested question; what stands in the box stays there. */
  function ask(question) {
    if (busy()) return;
    if (!byId("choose")) {
      waitingFor.push(() => ask(question)); // clicked before Gradio was there
      return;
    }
    begin(question, () => choose(question));
    choose(question);
    home();
  }
  const waitingFor = [];

  document.addEventListener(
    "click",
    (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      if (button?.id === "send") {
        if (insisting) return;
        if (busy() || !box()?.value.trim()) event.stopImmediatePropagation();
        else {
          begin(box().value, send);
          home();
        }
      } else if (button?.id === "stop") {
        drop();
        mark();
        home();
      } else if (button?.classList.contains("chip")) ask(button.textContent.trim());
      else if (button?.classList.contains("retry")) {
        if (busy()) return;
        const question = document.querySelectorAll("#conversation .asked p");
        const again = () => byId("again").click();
        begin(question[question.length - 1]?.innerText.trim() ?? "", again, [...answers()].at(-1));
        if (box()?.value.trim() === pending) fill(box(), "");
        again();
        home();
      } else if (button?.id === "clear") {
        byId("clear-all").click();
        drop();
        byId("problem").hidden = true;
        root.classList.remove("lost");
        say(words("cleared"));
        home();
      }
    },
    true,
  );

  // Enter ends a Japanese conversion. Safari reports that Enter after the conversion, with the key code 229 only.
  let converting = false;
  let converts = false; // the key that is down belonged to a conversion, and so does what it types
  document.addEventListener("compositionstart", () => (converting = true), true);
  document.addEventListener("compositionend", () => (converting = false), true);
  for (const kind of ["keydown", "keypress"]) {
    addEventListener(
      kind,
      (event) => {
        if (event.target !== box()) return;
        if (kind === "keydown") converts = event.isComposing || converting || event.keyCode === 229;
        if (event.key !== "Enter") return;
        if (converts) event.stopImmediatePropagation();
        else if (!event.shiftKey && (busy() || !box().value.trim())) {
          event.stopImmediatePropagation();
          event.preventDefault();
        } else if (!event.shiftKey && kind === "keypress") begin(box().value, send);
      },
      true,
    );
  }

  function count() {
    const area = box();
    const counter = byId("counter");
    if (!area) return;
    const length = [...area.value.trim()].length;
    const over = length > texts.limit;
    counter.hidden = length <= texts.limit * 0.8;
    counter.classList.toggle("over", over);
    counter.textContent = words(over ? "counter_over" : "counter", { count: length, limit: texts.limit });
    if (over) area.setAttribute("aria-invalid", "true");
    else area.removeAttribute("aria-invalid");
    area.setAttribute("aria-describedby", "counter");
  }
  document.addEventListener("input", count);

  document.addEventListener("change", (event) => {
    const choice = event.target instanceof Element ? event.target.closest("#mode input") : null;
    if (choice) root.classList.toggle("quotes-only", choice.value === "quote");
  });

  // A page that links here may bring a question; whether it is sent is the reader's choice.
  let brought = new URLSearchParams(location.search).get("question");
  function prefill() {
    if (!brought || !box()) return;
    fill(box(), brought.slice(0, texts.limit));
    brought = null;
  }

  // --- Failing: the question is kept, and the reader is told what to do --------------------------------------------------
  function wait(header) {
    const seconds = Math.ceil(Number(header) || 0) || Math.ceil((Date.parse(header) - Date.now()) / 1000) || 0;
    if (seconds <= 0) return words("wait_soon");
    if (seconds === 1) return words("wait_second");
    if (seconds < 120) return words("wait_seconds", { count: seconds });
    return words("wait_minutes", { count: Math.ceil(seconds / 60) });
  }

  /** What was asked failed: with the status and code of a refusal, or 0 of a lost connection. Whether anything was. */
  function fail(status, retryAfter, code) {
    if (!busy()) return false;
    failed = performance.now();
    const area = box();
    if (area && unanswered && !area.value.trim()) fill(area, unanswered);
    pending = null;
    root.classList.add("lost");
    // What a reader asked too often is told in the conversation; here the request itself was refused.
    const many = code === "too_many_open" ? "error_open" : "error_requests";
    const key = { 0: "error_offline", 429: many, 503: "error_busy" }[status] ?? "error_refused";
    failure = () => words(key, { wait: wait(retryAfter), status });
    byId("problem").textContent = failure();
    byId("problem").hidden = false;
    growing = false;
    mark();
    return true;
  }

  Object.assign(window.line, {
    question: () => (pending === null ? null : asked),
    failed: fail,
    ended: (question) => {
      // What came of it is shown when Gradio has drawn it; where nothing came of it, nobody waits any longer.
      if (pending === null || asked !== question) return;
      pending = null;
      mark();
    },
  });

  // --- What the conversation shows --------------------------------------------------------------------------------------
  function mark() {
    const waits = pending !== null;
    root.classList.toggle("busy", busy());
    root.classList.toggle("pending", waits);
    const line = byId("pending");
    const said = words("stage_searching");
    // Told once when it appears: what is around it is a live region of its own.
    if (waits && line.textContent !== said) line.textContent = said; // each change is looked at by what calls this
    if (line.hidden === waits) line.hidden = !waits;
  }

  function follow() {
    const shown = questions();
    root.classList.toggle("talking", shown.length > 0);
    const log = document.querySelector("#conversation .bubble-wrap");
    if (log) log.style.setProperty("--height", `${log.clientHeight}px`);
    const all = answers();
    const last = all[all.length - 1];
    const { replaces } = asked;
    const there = replaces ? last !== replaces || last.classList.contains("growing") : shown.length > seen;
    if (pending !== null && there) {
      pending = null;
      if (document.activeElement === document.body) home(); // what had the focus went with the first screen
      shown[shown.length - 1].scrollIntoView({ block: "start" });
    }
    growing = Boolean(last?.classList.contains("growing")) && !root.classList.contains("lost");
    if (last && owed && pending === null && !growing && !root.classList.contains("lost")) {
      owed = false;
      const spoken = last.cloneNode(true); // with its languages: English quotes stand in Japanese answers
      spoken.removeAttribute("id");
      spoken.querySelectorAll("h3, .authority, .acts, .next, .dropped").forEach((part) => part.remove());
      spoken.querySelectorAll("a").forEach((link) => link.replaceWith(link.textContent));
      for (const part of [spoken, ...spoken.querySelectorAll("[class]")]) part.removeAttribute("class");
      say(spoken);
    }
    mark();
  }

  // --- Language --------------------------------------------------------------------------------------------------------
  function speak(wished) {
    root.dataset.language = root.lang = wished;
    document.title = words("page_title");
    const other = wished === "ja" ? "en" : "ja";
    for (const link of document.querySelectorAll('a[href*="lang="]')) {
      const own = link.closest(".answer, #welcome .in-en, #welcome .in-ja") && !link.matches(".receipt");
      const to = link.id === "language" ? other : wished;
      if (!own) link.setAttribute("href", link.getAttribute("href").replace(/lang=(en|ja)/, `lang=${to}`));
    }
    const find = document.querySelector("#find input[type=search]");
    find.placeholder = words("panel_search");
    find.setAttribute("aria-label", words("panel_search"));
    document.querySelector('#find input[name="lang"]').value = wished;
    document.querySelector("#small .talk").setAttribute("aria-label", words("tools_label"));
    byId("state").setAttribute("aria-label", words("state_label"));
    if (!byId("problem").hidden) byId("problem").textContent = failure();
    count();
    mark();
  }
  byId("language").addEventListener("click", (event) => {
    if (!byId("switch")) return; // before Gradio is there, the link loads the page in the other language
    event.preventDefault();
    byId("switch").click();
    speak(language() === "ja" ? "en" : "ja");
    const address = new URL(location.href);
    address.searchParams.set("lang", language());
    history.replaceState(history.state, "", address);
    document.dispatchEvent(new Event("room:language"));
  });
  // Pages about the service would take the conversation away, or the place of the chat in a frame: a tab of their own.
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("#small .pages a, #own-page") : null;
    if (link) link.target = root.matches(".talking, .embed") ? "_blank" : "";
  });
  // Gradio sets the page's language to the browser's.
  new MutationObserver(() => {
    if (root.lang !== language()) root.lang = language();
  }).observe(root, { attributes: true, attributeFilter: ["lang"] });
  document.querySelector('[data-skip="panel"]').addEventListener("click", (event) => {
    event.preventDefault();
    document.dispatchEvent(new Event("room:read"));
  });
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    box()?.focus();
  });

  // --- What Gradio leaves out, put back whenever it has drawn something ---------------------------------------------------
  function set(element, name, value) {
    if (element && element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
  const toasts = new WeakSet(); // Gradio's own reports, which nobody sees: of a lost connection, for instance
  function dress() {
    follow();
    // One announcement for each answer, made above, instead of one for every change of it.
    const log = document.querySelector("#conversation .bubble-wrap");
    set(log, "role", "region");
    set(log, "aria-live", "off");
    set(log, "aria-label", document.querySelector("#conversation") ? texts[language()].tools_label : "");
    set(log, "tabindex", "0");
    // Gradio names each message with its source, which a screen reader would read before the message itself.
    for (const message of document.querySelectorAll("#conversation [data-testid][aria-label]")) {
      message.removeAttribute("aria-label");
    }
    for (const toast of document.querySelectorAll(".toast-body.error")) {
      if (!toasts.has(toast) && performance.now() - failed > ECHO) fail(0);
      toasts.add(toast);
    }
    if (byId("choose")) while (waitingFor.length) waitingFor.shift()();
    prefill();
    if (box() && !box().hasAttribute("aria-describedby")) count();
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
  speak(language());
  setTimeout(() => {
    for (const part of byId("loading").children) part.textContent = texts[part.lang].chat_slow;
  }, SLOW);

  return { root, byId, words, texts, language, say };
})();
