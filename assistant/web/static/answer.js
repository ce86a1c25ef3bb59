// What can be done with an answer: copy it with its quotes, copy its link, say whether it helped; keep the conversation.
"use strict";
(() => {
  const { root, byId, words, texts, language, say } = window.room;
  const clean = (element) => element.textContent.replace(/\s+/g, " ").trim();

  // --- An answer as Markdown -----------------------------------------------------------------------------------------------
  function said(element, mark = "{text}") {
    const cited = texts[element.closest(".answer").lang].copied_citation;
    const copy = element.cloneNode(true);
    copy.querySelectorAll("a.cite").forEach((link) => link.remove());
    const links = [...element.querySelectorAll("a.cite")];
    const labels = links.map((link) => cited.replace("{label}", () => clean(link)));
    return mark.replace("{text}", () => clean(copy)) + labels.join("");
  }

  /** Every sentence with its section, in order; quotes as block quotes, and behind a written sentence what it rests on. */
  function markdown(answer) {
    const blocks = [];
    const cited = texts[answer.lang].copied_citation;
    const inQuotes = texts[answer.lang].copied_quote;
    const quoted = new Set([...answer.querySelectorAll(".quote a.cite")].map((link) => link.hash));
    const quotes = (holder) =>
      [...holder.children]
        .map((line) => `> ${said(line, line.querySelector(".verbatim") ? inQuotes : "{text}")}`)
        .join("\n>\n");
    for (const part of answer.querySelectorAll(".words > *, .nearest > *")) {
      if (part.matches(".passage, .quote")) blocks.push(quotes(part));
      else if (part.matches(".group")) blocks.push(`**${clean(part)}**`);
      else {
        blocks.push(said(part));
        for (const link of part.querySelectorAll("a.cite")) {
          const sentence = byId(link.hash.slice(1));
          if (!sentence || quoted.has(link.hash)) continue;
          const label = cited.replace("{label}", () => clean(link));
          blocks.push(`> ${inQuotes.replace("{text}", () => clean(sentence))}${label}`);
        }
      }
    }
    // How it came about: by whom it was written, and why not by a model where one was asked for.
    for (const how of answer.querySelectorAll(".badge, .authority, .stopped, .mode-note")) blocks.push(`*${clean(how)}*`);
    return blocks.join("\n\n");
  }
  const linkOf = (answer) => answer.querySelector("a.receipt")?.href;

  function withSource(answer) {
    const link = linkOf(answer);
    return [markdown(answer), source(), link && words("copied_check", { check: words("check_answer"), link })]
      .filter(Boolean)
      .join("\n\n");
  }
  const source = () => words("copied_source", { document: texts.document[language()], notice: words("notice") });

  function saved() {
    const address = location.origin + location.pathname;
    const time = new Date().toISOString().slice(0, 16).replace("T", " ") + " UTC";
    return words("transcript_saved", { time, address });
  }

  function transcript() {
    const blocks = [`# ${words("transcript_title")}`, source()];
    blocks.push(saved());
    for (const part of document.querySelectorAll("#conversation :is(.asked, .answer)")) {
      if (part.matches(".asked")) blocks.push(`## ${words("question_heading")}`, part.querySelector("p").innerText.trim());
      else {
        blocks.push(`### ${words("answer_heading")}`, markdown(part));
        if (linkOf(part)) blocks.push(`<${linkOf(part)}>`);
      }
    }
    return blocks.join("\n\n") + "\n";
  }

  // --- Taking it away ----------------------------------------------------------------------------------------------------------
  async function copy(text, button, done) {
    let copied = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without https, or in a frame that may not use the clipboard, the old way may still be allowed.
      const area = document.createElement("textarea");
      area.value = text;
      area.className = "vh";
      document.body.append(area);
      area.select();
      copied = document.execCommand("copy");
      area.remove();
      button.focus();
    }
    tell(button, words(copied ? done : "copy_failed"));
  }

  /** Beside the button for those who see it, aloud for those who do not. */
  function tell(button, text) {
    const acts = button.closest(".acts");
    if (!acts) {
      button.textContent = text; // it stands alone in the document, and goes with the highlight
      button.removeAttribute("aria-label");
    }
    let line = acts?.querySelector(".said");
    if (acts && !line) {
      line = document.createElement("span");
      line.className = "said";
      acts.append(line);
    }
    if (line) {
      line.lang = language(); // the answer it stands in may be in the other one
      line.textContent = text;
    }
    say(text);
  }

  function download() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([transcript()], { type: "text/markdown;charset=utf-8" }));
    link.download = `${words("transcript_file")}.md`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  // On paper: what document this is, when and where it was printed, and each answer's receipt. Of its address without
  // the data: they would fill half a page, nobody can type them, and in a PDF the link itself has them.
  addEventListener("beforeprint", () => {
    byId("paper").textContent = words("copied_source", { document: texts.document[language()], notice: saved() });
    for (const link of document.querySelectorAll("a.receipt")) {
      link.dataset.address = link.origin + link.pathname;
    }
  });

  // --- Feedback -------------------------------------------------------------------------------------------------------------------
  const dialog = byId("feedback"); // not there where no feedback is taken
  const form = dialog?.querySelector("form");
  let about = null; // the button that opened the form

  async function send(button, body) {
    try {
      const reply = await fetch("api/feedback", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      if (!reply.ok) {
        const { error } = await reply.json();
        tell(button, words(error?.code === "feedback_full" ? "feedback_full" : "feedback_failed"));
        return;
      }
      const kept = await reply.json();
      button.closest(".vote").querySelectorAll("button").forEach((other) => {
        other.setAttribute("aria-pressed", String(other === button));
        other.disabled = other !== button;
      });
      tell(button, words(kept.question ? "feedback_thanks_question" : "feedback_thanks", { days: kept.days }));
    } catch {
      tell(button, words("feedback_failed"));
    }
  }

  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const answer = about.closest(".answer");
    const body = { answer_id: answer.id, verdict: "not_helpful", reason: form.elements.reason.value };
    const comment = form.elements.comment.value.trim();
    if (comment) body.comment = comment;
    if (form.elements.include.checked) body.question = questionOf(answer);
    dialog.close();
    send(about, body);
  });
  dialog?.addEventListener("close", () => about?.focus());

  function questionOf(answer) {
    const all = [...document.querySelectorAll("#conversation :is(.asked, .answer)")];
    const before = all.slice(0, all.indexOf(answer)).filter((part) => part.matches(".asked"));
    return before[before.length - 1]?.querySelector("p").innerText.trim() ?? "";
  }

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button) return;
    const answer = button.closest(".answer");
    if (button.classList.contains("copy")) copy(withSource(answer), button, "copied");
    else if (button.classList.contains("copy-link")) copy(linkOf(answer), button, "link_copied");
    else if (button.classList.contains("copy-sentence")) copy(button.dataset.link, button, "link_copied");
    else if (button.classList.contains("helpful") && !button.hasAttribute("aria-pressed")) {
      send(button, { answer_id: answer.id, verdict: "helpful" });
    } else if (button.classList.contains("not-helpful") && !button.hasAttribute("aria-pressed")) {
      about = button;
      form.reset();
      dialog.showModal();
    } else if (button.classList.contains("cancel")) dialog.close();
    else if (button.id === "download") download();
    else if (button.id === "print") print();
  });
  root.classList.add("ready");
})();
