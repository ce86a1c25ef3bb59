// The line between Gradio's client and the server: no question is lost on it, and no loss of it takes the page away.
"use strict";
window.line = (() => {
  const LINGER = 3_000; // milliseconds to wait for the end of the last answer before the next question is sent
  const HANG_UP = 1_000; // milliseconds after which a stream that has ended is taken for closed in any case
  // The conversation puts in here: its question on the way; whether one failed by this; that nothing more comes of one.
  const chat = { question: () => null, failed: () => false, ended: () => {} };

  let running = null; // the last question that was sent, with what the server knows it by
  let left = null; // the same, of a question whose connection was lost
  let stream = null; // the stream of answers that Gradio has open: the questions it was seen to carry, who waits for it

  /** Wait until Gradio's stream is seen to carry this question, or is closed so that Gradio opens another.
   *  Gradio goes by what it has heard: of a question asked while the goodbye is under way, nothing would come. */
  async function carried(question) {
    while (stream && !stream.carries.has(question)) await new Promise((heard) => stream.waiting.push(heard));
  }

  /** Wait until Gradio has hung up after the last answer: of two at a time it may mix up what belongs to which.
   *  Not for ever, because a stream may stay open with nothing on its way. */
  async function ended() {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      if (stream) wake(stream);
    }, LINGER);
    while (stream && !late) await new Promise((heard) => stream.waiting.push(heard));
    clearTimeout(timer);
  }

  const opened = () => (stream = { carries: new Set(), waiting: [] });
  function closed(one) {
    if (stream === one) stream = null;
    wake(one);
  }
  const wake = (one) => one.waiting.splice(0).forEach((go) => go());

  /** What Gradio is told of a lost connection: that its questions failed. Told of the loss, it would wait for the server
   *  and then load the page anew, without the conversation. */
  const LOST = ["unexpected_error", "close_stream"]
    .map((msg) => `data: ${JSON.stringify({ msg, message: "unreachable", success: false })}\n\n`)
    .join("");
  function lost(status = 0, ...why) {
    if (chat.failed(status, ...why)) left = running;
  }

  /** The stream of answers, message by message. A goodbye is told when the server has ended: Gradio hangs up at once,
   *  which the server would take for a reader who left, and drop the next question with the last one. */
  function steady(own, reply, signal) {
    signal?.addEventListener("abort", () => closed(own)); // Gradio has heard the goodbye
    const reader = reply.body.getReader();
    const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];
    let [rest, goodbye] = ["", ""];
    const end = (controller) => {
      if (!goodbye) lost();
      controller.enqueue(encoder.encode(goodbye || LOST));
      controller.close();
      setTimeout(() => closed(own), HANG_UP);
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
                const question = /"event_id": ?"(\w+)"/.exec(message)?.[1];
                own.carries.add(question);
                if (/"msg": ?"process_completed"/.test(message) && running?.event.event_id === question) {
                  setTimeout(chat.ended, HANG_UP, running.question);
                }
                passed = true;
              }
            }
            wake(own);
          }
        } catch (error) {
          if (error.name !== "AbortError") return end(controller);
          controller.error(error); // by Gradio itself
          closed(own);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    });
    return new Response(body, { status: reply.status, headers: reply.headers });
  }

  /** The code of a refusal of ours; a proxy's has none. */
  const codeOf = (reply) =>
    reply.clone().json().then((body) => body?.error?.code, () => undefined);

  const JSON_TYPE = { "Content-Type": "application/json" };
  const fetched = window.fetch;
  /** Have the server stop working on a question. */
  const cancelled = (address, event) =>
    fetched(address.replace(/queue\/join.*/, "cancel"), {
      method: "POST",
      headers: JSON_TYPE,
      body: JSON.stringify(event),
    }).catch(() => {});

  /** What Gradio takes for a refusal, and not for a lost connection. */
  const refused = () => new Response('{"detail": "unreachable"}', { status: 500, headers: JSON_TYPE });

  /** Send what a reader does to the server, and wait until Gradio will hear what comes of it. */
  async function join(address, given) {
    const request = JSON.parse(given[1].body);
    // A question goes with the conversation and two settings, with or without a box; switches and buttons with less.
    const own = request.data.length >= 3 ? chat.question() : null;
    try {
      if (own) {
        own.sent = true;
        await ended();
        if (own.dropped) return refused();
        if (request.data.length === 4) request.data[0] = own.text; // whatever Gradio has heard of its box by now
        given[1].body = JSON.stringify(request);
      }
      if (left) {
        const before = left;
        left = null; // whether or not that works, what the reader asks now goes first
        await cancelled(address, before.event);
      }
      const reply = await fetched.apply(window, given);
      if (!reply.ok) {
        if (own) chat.failed(reply.status, reply.headers.get("retry-after"), await codeOf(reply));
        return reply;
      }
      const { event_id } = await reply.clone().json();
      const event = { session_hash: request.session_hash, fn_index: request.fn_index, event_id };
      if (own) running = { question: own, event };
      await carried(event_id);
      if (own?.dropped) {
        await cancelled(address, event); // Gradio did not know yet what to cancel
        return refused(); // nor does it hear an answer that was there before that
      }
      return reply;
    } catch {
      if (own) chat.failed(0);
      return refused();
    }
  }

  /** Open the stream of answers. */
  async function listen(given) {
    const own = opened();
    let reply;
    try {
      reply = await fetched.apply(window, given);
      if (!reply.ok) lost(reply.status, reply.headers.get("retry-after"), await codeOf(reply));
    } catch (error) {
      if (error.name === "AbortError") {
        closed(own);
        throw error; // by Gradio itself
      }
      lost();
    }
    const told = reply?.ok ? reply : new Response(LOST, { headers: { "Content-Type": "text/event-stream" } });
    return steady(own, told, given[0].signal);
  }

  window.fetch = async (...given) => {
    const address = String(given[0]?.url ?? given[0]);
    if (/\/gradio_api\/queue\/join/.test(address)) return join(address, given);
    if (/\/gradio_api\/queue\/data/.test(address)) return listen(given);
    // Gradio also cancels what has no number yet, of which the server cannot know.
    if (/\/gradio_api\/(cancel|reset)/.test(address) && !JSON.parse(given[1]?.body ?? "{}").event_id) {
      return new Response("{}", { status: 200, headers: JSON_TYPE });
    }
    return fetched.apply(window, given);
  };

  return chat;
})();
