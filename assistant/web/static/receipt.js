// A receipt's page: takes the answer from the address's fragment (or a pasted one), has it checked, shows what holds.
// Everything shown is set as text, never as HTML; nothing is kept.
"use strict";
(() => {
  const place = document.getElementById("receipt");
  const words = JSON.parse(place.dataset.words);
  const verdict = document.getElementById("verdict");
  const found = document.getElementById("found");
  const paste = document.getElementById("paste");
  const language = document.documentElement.lang;

  const make = (tag, text = "", attributes = {}) => {
    const element = document.createElement(tag);
    element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const say = (text, kind = "") => {
    verdict.className = `verdict ${kind}`;
    verdict.textContent = text;
  };

  async function check(body) {
    found.replaceChildren();
    say(words.receipt_checking);
    let reply;
    let result;
    try {
      reply = await fetch("../api/verify", {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
      });
      result = await reply.json();
    } catch {
      say(words.receipt_error_network, "bad");
      return;
    }
    if (reply.status === 429 || reply.status === 503) {
      say(words.receipt_error_busy.replace("{seconds}", reply.headers.get("Retry-After") ?? "60"), "bad");
    } else if (!reply.ok) {
      const [before, after] = words.receipt_error.split("{message}");
      say(before, "bad");
      verdict.append(make("span", result.error?.message ?? reply.status, { lang: "en" }), after);
    } else {
      show(result);
      say(result.holds ? words.receipt_holds : words.receipt_fails, result.holds ? "good" : "bad");
    }
  }

  function show(result) {
    if (result.claims) {
      found.append(
        make("h2", words.receipt_question), make("p", result.question, { lang: result.language }),
        make("h2", words.receipt_answer), make("p", words[`status_${result.status}`] ?? result.status),
        result.claims.length ? list(result) : make("p", words.receipt_no_claims),
        make("h2", words.receipt_checks), checks(result),
      );
    }
    if (result.problems.length) {
      const details = make("details");
      details.append(make("summary", words.receipt_details), make("ul", "", { lang: "en" }));
      details.lastChild.append(...result.problems.map((problem) => make("li", problem)));
      found.append(details);
    }
  }

  function checks(result) {
    const lines = make("ul");
    lines.append(make("li", words[`receipt_document_${result.document.same}`]));
    lines.append(make("li", words[`receipt_id_${result.id_fits}`]));
    lines.append(make("li", words[`receipt_again_${result.asked_again}`]));
    return lines;
  }

  function list(result) {
    const claims = make("ul", "", { class: "claims" });
    for (const claim of result.claims) {
      const item = make("li");
      const cited = result.citations.filter((citation) => claim.citations.includes(citation.number));
      const state = { true: ["good", "receipt_claim_holds"], false: ["bad", "receipt_claim_fails"] }[claim.holds];
      const line = make("p", words[`receipt_kind_${claim.kind}`] ?? claim.kind);
      line.append(": ", make("span", words[state?.[1] ?? "receipt_claim_open"], { class: `state ${state?.[0] ?? ""}` }));
      const reasons = claim.reasons.map((reason) => words[`reason_${reason}`] ?? reason);
      if (reasons.length) line.append(language === "ja" ? `（${reasons.join("、")}）` : ` (${reasons.join("; ")})`);
      const verbatim = claim.kind === "quote";
      const said = make("blockquote", claim.text, { lang: verbatim ? "en" : result.language });
      said.classList.toggle("verbatim", verbatim && claim.holds === true);
      item.append(line, said);
      for (const citation of cited) item.append(source(citation, claim, result.language));
      claims.append(item);
    }
    return claims;
  }

  function source(citation, claim, spoken) {
    const line = make("p", "", { class: "said" });
    const href = `../document?lang=${language}#${citation.address}`;
    line.append(make("a", citation.label, { href, lang: spoken }));
    if (claim.text !== citation.quote) {
      line.append(` ${words.receipt_text_of}: `, make("q", citation.quote, { lang: "en" }));
    }
    return line;
  }

  function start() {
    const data = location.hash.slice(1);
    const other = document.querySelector(".switch");
    other.hash = location.hash; // the other language's page is to check the same answer
    paste.hidden = false;
    paste.open = !data;
    found.replaceChildren();
    if (data) check({ id: place.dataset.id, data });
    else say(words.receipt_no_data);
  }

  paste.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    let saved;
    try {
      saved = JSON.parse(document.getElementById("saved").value);
    } catch {
      saved = null;
    }
    if (saved && typeof saved === "object" && !Array.isArray(saved)) check(saved);
    else say(words.receipt_error_json, "bad");
  });
  // On paper: when it was printed and where the receipt is; its data would fill half a page and cannot be typed.
  addEventListener("beforeprint", () => {
    const time = `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`;
    const values = { time, address: location.href.split("#")[0] };
    const said = words.transcript_saved.replace(/\{(\w+)\}/g, (_, name) => values[name]);
    document.querySelector(".paper .when").textContent = said;
  });
  addEventListener("hashchange", start);
  start();
})();
