// The conversation beside Gradio: asking, waiting, failing, the language, and what a screen reader hears of it.
// Everything is delegated from the page itself, because Gradio makes and remakes its elements at any time.
"use strict";
window.room = (() => {
  const ECHO = 5_000; // milliseconds within which Gradio reports what was told already; the reader may be asking again
  const HANG_UP = 1_000; // milliseconds after which a stream that has ended is taken for closed in any case
  const UNSENT = 2_000; // after which a question that Gradio has not sent is pressed upon it again
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
    setTimeout(() => byId("live").replaceChildren(said), 50);
  }

  // --- Asking ----------------------------------------------------------------------------------------------------------
  const box = () => document.querySelector("#question textarea");
  const answers = () => document.querySelectorAll("#conversation .answer");
  const questions = () => document.querySelectorAll("#conversation .user-row");
  let pending = null; // the question on its way, until the conversation shows it
  let unanswered = null; // the same, until its answer is whole: to be put back when the connection is lost before
  let seen = 0; // questions shown before it
  let growing = false;
  let failed = -Infinity; // when a failure was last told
  let owed = false; // an announcement, for the answer to the newest question

  function fill(area, value) {
    area.value = value;
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  let sent = false; // whether Gradio has sent the question on its way

  const busy = () => pending !== null || growing;

  /** Where the focus goes when what had it is gone: the box; with fingers it would call up a keyboard over the answer. */
  function home() {
    const place = matchMedia("(pointer: coarse)").matches ? document.querySelector("#conversation .bubble-wrap") : box();
    place?.focus({ preventScroll: true });
  }

  /** A question is on its way. Gradio drops what is pressed before it listens: `press` is done until it has sent it. */
  function begin(question, press = choose) {
    // A question that was in its box before Gradio listened is not known to it yet.
    box()?.dispatchEvent(new Event("input", { bubbles: true }));
    pending = unanswered = question;
    sent = false;
    const insist = () => {
      if (sent || pending !== question) return;
      if (box()?.value.trim() === question.trim()) fill(box(), "");
      press(question);
      setTimeout(insist, UNSENT);
    };
    setTimeout(insist, UNSENT);
    owed = true;
    seen = questions().length;
    byId("problem").hidden = true;
    root.classList.remove("lost");
    mark();
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
    begin(question);
    choose(question);
    home();
  }
  const waitingFor = [];

  document.addEventListener(
    "click",
    (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      if (button?.id === "send") {
        if (busy() || !box()?.value.trim()) event.stopImmediatePropagation();
        else {
          begin(box().value);
          home();
        }
      } else if (button?.id === "stop") {
        pending = null;
        mark();
        home();
      } else if (button?.classList.contains("chip")) ask(button.textContent.trim());
      else if (button?.classList.contains("retry")) {
        if (busy()) return;
        const question = document.querySelectorAll("#conversation .asked p");
        const again = () => byId("again").click();
        begin(question[question.length - 1]?.innerText.trim() ?? "", again);
        seen -= 1; // it takes the place of the one before
        if (box()?.value.trim() === pending) fill(box(), "");
        again();
        home();
      } else if (button?.id === "clear") {
        byId("clear-all").click();
        pending = null;
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
        if (event.key !== "Enter" || event.target !== box()) return;
        if (kind === "keydown") converts = event.isComposing || converting || event.keyCode === 229;
        if (converts) event.stopImmediatePropagation();
        else if (!event.shiftKey && (busy() || !box().value.trim())) {
          event.stopImmediatePropagation();
          event.preventDefault();
        } else if (!event.shiftKey && kind === "keypress") begin(box().value);
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

  /** The code of a refusal of ours; a proxy's has none. */
  const codeOf = (reply) =>
    reply.clone().json().then((body) => body?.error?.code, () => undefined);

  function fail(status, retryAfter, code) {
    if (!busy()) return;
    failed = performance.now();
    const area = box();
    if (area && unanswered && !area.value.trim()) fill(area, unanswered);
    pending = null;
    root.classList.add("lost");
    // What a reader asked too often is told in the conversation; here the request itself was refused.
    const many = code === "too_many_open" ? "error_open" : "error_requests";
    const key = { 0: "error_offline", 429: many, 503: "error_busy" }[status] ?? "error_refused";
    byId("problem").textContent = words(key, { wait: wait(retryAfter), status });
    byId("problem").hidden = false;
    growing = false;
    mark();
  }

  let running = null; // what the server needs to know which question to stop working on
  let left = null; // the same, of a question whose connection was lost

  let stream = null; // the stream of answers that Gradio has open: the questions it was seen to carry, who waits for it

  /** Wait until Gradio's stream is seen to carry this question, or is closed so that Gradio opens another.
   *  Gradio goes by its own idea of that: of a question asked while the server's goodbye is under way, nothing would come. */
  async function carried(question) {
    while (stream && !stream.carries.has(question)) await new Promise((heard) => stream.waiting.push(heard));
  }

  /** The stream of answers, message by message, with a loss of it told to Gradio as a question that failed.
   *  As a lost connection Gradio would wait for the server and then load the page anew, without the conversation.
   *  A goodbye is told when the server has ended: Gradio hangs up at once, which the server would take for a reader who
   *  left, and drop the next question with the last one. */
  function steady(reply, signal) {
    const own = (stream = { carries: new Set(), waiting: [] });
    const wake = () => own.waiting.splice(0).forEach((heard) => heard());
    const closed = () => {
      if (stream === own) stream = null;
      wake();
    };
    signal?.addEventListener("abort", closed); // Gradio has heard the goodbye
    const reader = reply.body.getReader();
    const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];
    let [rest, goodbye] = ["", ""];
    const end = (controller) => {
      if (!goodbye) {
        left = running;
        fail(0);
        for (const msg of ["unexpected_error", "close_stream"]) {
          goodbye += `data: ${JSON.stringify({ msg, message: "unreachable", success: false })}\n\n`;
        }
      }
      controller.enqueue(encoder.encode(goodbye));
      controller.close();
      setTimeout(closed, HANG_UP);
    };
    const body = new ReadableStream({
      async pull(controller) {
        try {
          for (let passed = false; !passed; ) {
            const { done, value } = await reader.read();
            if (done) return end(controller);
            const messages = (rest + decoder.decode(value, { stream: true })).split("\n\n");
            rest = messages.pop();
            for (const message of messages) {
              if (/"msg": ?"close_stream"/.test(message)) goodbye = `${message}\n\n`;
              else {
                // A server that was started anew does not know this page any more: no lost connection either.
                const text = message.replace(/"session_not_found": ?true/, '"session_not_found":false');
                controller.enqueue(encoder.encode(`${text}\n\n`));
                own.carries.add(/"event_id": ?"(\w+)"/.exec(message)?.[1]);
                passed = true;
              }
            }
            wake();
          }
        } catch (error) {
          if (error.name !== "AbortError") return end(controller);
          controller.error(error); // by Gradio itself
          closed();
        }
      },
      cancel: (reason) => reader.cancel(reason),
    });
    return new Response(body, { status: reply.status, headers: reply.headers });
  }

  const fetched = window.fetch;
  window.fetch = async (...given) => {
    const address = String(given[0]?.url ?? given[0]);
    const asking = /\/gradio_api\/queue\/(join|data)/.test(address);
    const joining = asking && address.includes("/queue/join");
    // Gradio also cancels what has no number yet, of which the server cannot know.
    const ending = /\/gradio_api\/(cancel|reset)/.test(address);
    if (ending && !JSON.parse(given[1]?.body ?? "{}").event_id) {
      return new Response("{}", { status: 200, headers: { "Content-Type": "application/json" } });
    }
    if (joining && pending !== null) {
      sent = true;
      const body = JSON.parse(given[1].body);
      if (typeof body.data[0] === "string") {
        body.data[0] = pending; // whatever Gradio has heard of the box by now
        given[1].body = JSON.stringify(body);
      }
    }
    try {
      if (joining && left) {
        const body = JSON.stringify(left);
        left = null; // whether or not that works, what the reader asks now goes first
        const headers = { "Content-Type": "application/json" };
        await fetched(address.replace(/queue\/join.*/, "cancel"), { method: "POST", headers, body }).catch(() => {});
      }
      const reply = await fetched.apply(window, given);
      if (asking && !reply.ok) fail(reply.status, reply.headers.get("retry-after"), await codeOf(reply));
      if (joining && reply.ok) {
        const { event_id } = await reply.clone().json();
        const { session_hash, fn_index } = JSON.parse(given[1].body);
        if (pending !== null) running = { session_hash, fn_index, event_id };
        await carried(event_id);
      }
      return asking && !joining && reply.ok ? steady(reply, given[0].signal) : reply;
    } catch (error) {
      if (!asking) throw error;
      fail(0);
      // To Gradio a refusal, not a lost connection: after that it would build the page anew, without the conversation.
      return new Response('{"detail": "unreachable"}', { status: 500, headers: { "Content-Type": "application/json" } });
    }
  };

  // --- What the conversation shows --------------------------------------------------------------------------------------
  function mark() {
    const waits = pending !== null;
    root.classList.toggle("busy", busy());
    root.classList.toggle("pending", waits);
    const line = byId("pending");
    if (line.hidden === waits) line.hidden = !waits;
    if (waits) line.textContent = words("stage_searching");
  }

  function follow() {
    const shown = questions();
    root.classList.toggle("talking", shown.length > 0);
    const log = document.querySelector("#conversation .bubble-wrap");
    if (log) log.style.setProperty("--height", `${log.clientHeight}px`);
    if (pending !== null && shown.length > seen) {
      pending = null;
      if (document.activeElement === document.body) home(); // what had the focus went with the first screen
      shown[shown.length - 1].scrollIntoView({ block: "start" });
    }
    const all = answers();
    const last = all[all.length - 1];
    growing = Boolean(last?.classList.contains("growing")) && !root.classList.contains("lost");
    if (last && owed && pending === null && !growing && !root.classList.contains("lost")) {
      owed = false;
      const spoken = last.cloneNode(true); // with its languages: English quotes stand in Japanese answers
      spoken.removeAttribute("id");
      spoken.querySelectorAll("h3, .acts, .next, .dropped").forEach((part) => part.remove());
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
    for (const link of document.querySelectorAll('a[href*="lang="]')) {
      const other = link.id === "language" || link.closest(".answer, #welcome .in-en, #welcome .in-ja");
      if (!other) link.setAttribute("href", link.getAttribute("href").replace(/lang=(en|ja)/, `lang=${wished}`));
    }
    byId("language").setAttribute("href", `./?lang=${wished === "ja" ? "en" : "ja"}`);
    const find = document.querySelector("#find input[type=search]");
    find.placeholder = words("panel_search");
    find.setAttribute("aria-label", words("panel_search"));
    document.querySelector('#find input[name="lang"]').value = wished;
    document.querySelector("#small .talk").setAttribute("aria-label", words("tools_label"));
    byId("state").setAttribute("aria-label", words("state_label"));
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
