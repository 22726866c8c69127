// Looks licenses up and checks credentials, with nothing but this site and the browser's
// own cryptography. Text from a file or from the register only ever becomes text.
"use strict";

const MAX_TEXT = 1048576; // characters of a credential
const MAX_LIST = 16777216; // bytes of an unpacked status list
const CONTEXT = "https://www.w3.org/ns/credentials/v2";
const ALGORITHMS = {
  EdDSA: { crv: "Ed25519", name: { name: "Ed25519" } },
  Ed25519: { crv: "Ed25519", name: { name: "Ed25519" } },
  ES256: { crv: "P-256", name: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } },
};
const SUITES = { "eddsa-jcs-2022": "EdDSA", "ecdsa-jcs-2019": "ES256" };
const WORDS = {
  name: "Name", status: "Status", issuedOn: "First issued", expiresOn: "Ends on",
  profession: "Profession", jurisdiction: "Jurisdiction",
};
// Whoever holds a license of these may practise within its terms.
const LIMITED = ["probation", "restricted"];

class NotGenuine extends Error {}
class CannotCheck extends Error {}

// Encodings.

function base64url(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new NotGenuine("It is not encoded as it has to be.");
  const found = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(found, (letter) => letter.charCodeAt(0));
}

function base58(text) {
  const letters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  if (text.length > 200) throw new NotGenuine("Its signature is too long.");
  let value = 0n;
  for (const letter of text) {
    const digit = letters.indexOf(letter);
    if (digit < 0) throw new NotGenuine("Its signature is not encoded as it has to be.");
    value = value * 58n + BigInt(digit);
  }
  const bytes = [];
  for (; value > 0n; value >>= 8n) bytes.unshift(Number(value & 255n));
  for (const letter of text) {
    if (letter !== "1") break;
    bytes.unshift(0);
  }
  return Uint8Array.from(bytes);
}

// RFC 8785: members in the order of their UTF-16 units, which is how sort() compares.
function canonical(value) {
  if (Array.isArray(value)) return "[" + value.map(canonical).join(",") + "]";
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return "{" + members.map((name) => JSON.stringify(name) + ":" + canonical(value[name])).join(",") + "}";
}

function utf8(text) {
  return new TextEncoder().encode(text);
}

async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new CannotCheck("It is neither JSON nor a signed token.");
  }
}

function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

// Signatures.

async function verify(page, algorithm, id, signature, message) {
  const wanted = Object.hasOwn(ALGORITHMS, algorithm) ? ALGORITHMS[algorithm] : undefined;
  if (wanted === undefined) throw new CannotCheck("This page does not know how it is signed.");
  const own = page.keys.find((one) => one.id === id);
  if (own === undefined) throw new NotGenuine("It was not signed with a key of this board.");
  if (own.jwk.crv !== wanted.crv) throw new NotGenuine("It is signed in another way than its key can.");
  let key;
  try {
    key = await crypto.subtle.importKey("jwk", own.jwk, wanted.name, false, ["verify"]);
  } catch {
    throw new CannotCheck("This browser cannot check signatures of this kind.");
  }
  if (!(await crypto.subtle.verify(wanted.name, key, signature, message))) {
    throw new NotGenuine("Its signature does not hold: it was changed, or somebody else made it.");
  }
}

async function openToken(page, text, type) {
  const parts = text.split(".");
  const header = parsed(new TextDecoder().decode(base64url(parts[0])));
  if (!isObject(header) || header.typ !== type) throw new CannotCheck("This page does not know this kind of token.");
  if (header.crit !== undefined) throw new CannotCheck("It demands something that this page does not know.");
  await verify(page, header.alg, header.kid, base64url(parts[2]), utf8(parts[0] + "." + parts[1]));
  const payload = parsed(new TextDecoder("utf-8", { fatal: true }).decode(base64url(parts[1])));
  if (!isObject(payload)) throw new NotGenuine("It says nothing.");
  return payload;
}

async function openProof(page, document) {
  const { proof, ...unsigned } = document;
  if (!isObject(proof) || proof.type !== "DataIntegrityProof" || !Object.hasOwn(SUITES, proof.cryptosuite)) {
    throw new CannotCheck("This page cannot check how it is signed. Ask a verifier that can.");
  }
  if (proof.proofPurpose !== "assertionMethod") throw new NotGenuine("It was signed for another purpose.");
  if (proof["@context"] !== undefined && canonical(proof["@context"]) !== canonical(document["@context"])) {
    throw new NotGenuine("Its signature is of another document.");
  }
  if (typeof proof.proofValue !== "string" || proof.proofValue[0] !== "z") throw new NotGenuine("It has no signature.");
  if (proof.expires !== undefined && !(Date.parse(proof.expires) > Date.now())) throw new NotGenuine("Its signature has ended.");
  const { proofValue, ...options } = proof;
  const message = new Uint8Array(64);
  message.set(await sha256(utf8(canonical(options))), 0);
  message.set(await sha256(utf8(canonical(unsigned))), 32);
  const signature = base58(proofValue.slice(1));
  await verify(page, SUITES[proof.cryptosuite], proof.verificationMethod, signature, message);
  return unsigned;
}

async function opened(page, text) {
  const given = text.trim();
  if (given.length > MAX_TEXT) throw new CannotCheck("It is too large to be a credential.");
  if (given.startsWith("{")) return openProof(page, parsed(given));
  if (given.includes("~")) throw new CannotCheck("This page does not check SD-JWTs. Ask a verifier that can.");
  if (given.split(".").length === 3) {
    const payload = await openToken(page, given, "vc+jwt");
    const now = Date.now() / 1000;
    if (payload.exp !== undefined && !(payload.exp > now)) throw new NotGenuine("It has ended.");
    if (payload.nbf !== undefined && !(payload.nbf <= now)) throw new NotGenuine("It has not begun.");
    return payload;
  }
  throw new CannotCheck("This page checks JSON with a signature, and signed tokens, and this is neither.");
}

// Status.

async function fetched(path) {
  let answer;
  try {
    answer = await fetch(path, { cache: "no-cache", credentials: "omit", redirect: "error" });
  } catch {
    throw new CannotCheck("The board's site does not answer. Try again later.");
  }
  if (!answer.ok) throw new CannotCheck("The board's site does not have what this check needs.");
  return answer;
}

async function unpacked(text) {
  const packed = base64url(text);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const pieces = [];
  let size = 0;
  for (let reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > MAX_LIST) throw new CannotCheck("The status list is too large.");
    pieces.push(value);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

async function statusList(page, number) {
  const path = "status/" + number + "/token";
  const text = (await (await fetched(path)).text()).trim();
  try {
    const list = await openToken(page, text, "statuslist+jwt");
    const now = Date.now() / 1000;
    if (list.sub !== page.site + "/" + path || !(list.iat <= now) || !(list.exp > now)) throw new Error();
    if (list.status_list.bits !== 2) throw new Error();
    return await unpacked(list.status_list.lst);
  } catch {
    throw new CannotCheck("The board's status list cannot be relied on now. Try again later.");
  }
}

// What the lists say of a credential: "valid", "revoked" or "suspended".
async function statusOf(page, credential) {
  const stated = [credential.credentialStatus ?? []].flat();
  if (stated.length === 0) throw new CannotCheck("It names no status list, so nobody can tell whether it still holds.");
  const found = [];
  for (const entry of stated) {
    const url = isObject(entry) ? String(entry.statusListCredential) : "";
    const place = url.startsWith(page.site + "/") ? url.slice(page.site.length + 1) : "";
    const list = /^status\/([1-9][0-9]{0,8})\/(revocation|suspension)$/.exec(place);
    if (list === null || entry.type !== "BitstringStatusListEntry" || !/^[0-9]{1,10}$/.test(entry.statusListIndex)) {
      throw new CannotCheck("Its status is not kept in a list of this site.");
    }
    const bytes = await statusList(page, list[1]);
    const bit = Number(entry.statusListIndex) * 2;
    if (bit >= bytes.length * 8) throw new CannotCheck("Its status is not in the list.");
    found.push((bytes[bit >> 3] >> (bit & 7)) & 3);
  }
  if (found.includes(1) || found.includes(3)) return "revoked";
  return found.includes(2) ? "suspended" : "valid";
}

// The check of a credential: what is shown, in the order in which it was found out.

function facts(credential) {
  const subject = isObject(credential.credentialSubject) ? credential.credentialSubject : {};
  const license = isObject(subject.license) ? subject.license : {};
  const professions = [license.profession ?? []].flat().filter(isObject);
  return [
    ["License number", license.licenseNumber],
    ["Issued to", subject.id],
    ["Profession", professions.map((one) => one.display ?? one.code).join(", ")],
    ["Jurisdiction", license.jurisdiction],
    ["Status when issued", license.licenseStatus],
    ["First issued", license.issuedOn],
    ["Ends on", license.expiresOn],
  ].filter(([, value]) => typeof value === "string" && value !== "");
}

async function checked(page, text) {
  const steps = [];
  try {
    const credential = await opened(page, text);
    const types = [credential.type].flat();
    if ([credential["@context"]].flat()[0] !== CONTEXT || !types.includes("VerifiableCredential")) {
      throw new CannotCheck("It is signed by this board, and is no credential that this page knows.");
    }
    const issuer = isObject(credential.issuer) ? credential.issuer.id : credential.issuer;
    if (issuer !== page.board) throw new NotGenuine("It says that somebody else has issued it.");
    steps.push(["good", "Signed by this board, and unchanged since."]);
    const begins = Date.parse(credential.validFrom);
    const ends = credential.validUntil === undefined ? Infinity : Date.parse(credential.validUntil);
    if (!(begins <= Date.now())) steps.push(["bad", "It is not valid yet."]);
    else if (!(ends > Date.now())) steps.push(["bad", "It has ended: ask for a newer one."]);
    else steps.push(["good", "Valid on the day of today."]);
    const status = await statusOf(page, credential);
    steps.push(status === "valid" ? ["good", "Neither suspended nor revoked."] : ["bad", "The board has " + status + " it."]);
    const held = steps.every(([kind]) => kind === "good");
    const title = held ? "Genuine, and in force" : status === "valid" ? "Genuine, and not in force" : "Genuine, and " + status;
    return { kind: held ? "good" : "bad", title, steps, facts: facts(credential) };
  } catch (error) {
    if (error instanceof NotGenuine) {
      return { kind: "bad", title: "Not genuine", steps: [...steps, ["bad", error.message]], facts: [] };
    }
    const told = error instanceof CannotCheck ? error.message : "It is not of a form that this page understands.";
    return { kind: "unsure", title: "This page cannot check it", steps: [...steps, ["unsure", told]], facts: [] };
  }
}

// The register.

function asKept(number) {
  return number.trim().replace(/[a-z]/g, (letter) => letter.toUpperCase());
}

function described(found) {
  const shown = Object.entries(WORDS).filter(([name]) => typeof found[name] === "string");
  const facts = [["License number", String(found.number)], ...shown.map(([name, word]) => [word, found[name]])];
  // The last day counts, wherever on Earth it still is that day.
  const today = new Date(Date.now() - 43200000).toISOString().slice(0, 10);
  if (typeof found.expiresOn === "string" && found.expiresOn < today) {
    return { kind: "bad", title: "The license has ended", steps: [], facts };
  }
  if (found.status === undefined) {
    const steps = [["unsure", "The board does not tell here whether it is in force."]];
    return { kind: "unsure", title: "There is such a license", steps, facts };
  }
  const kind = found.status === "active" ? "good" : LIMITED.includes(found.status) ? "unsure" : "bad";
  return { kind, title: "The license is " + found.status, steps: [], facts };
}

// Usually one: two licenses can differ in nothing but capital letters.
async function lookedUp(page, number) {
  const wanted = asKept(number);
  const digest = await sha256(utf8(wanted));
  const digits = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const path = "lookup/" + digits.slice(0, page.register.digits) + ".json";
  try {
    const shard = await (await fetched(path)).json();
    if (Object.hasOwn(shard, wanted)) return shard[wanted].map(described);
  } catch (error) {
    const told = error instanceof CannotCheck ? error.message : "What the board has published is damaged.";
    return [{ kind: "unsure", title: "It could not be looked up", steps: [["unsure", told]], facts: [] }];
  }
  const steps = [["bad", "This board has no license with the number " + wanted + "."]];
  return [{ kind: "bad", title: "There is no such license", steps, facts: [] }];
}

// What is shown.

function element(name, text, kind) {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function show(place, ...results) {
  place.replaceChildren(...results.map(boxed));
}

function boxed(result) {
  const box = element("div", "", "result " + result.kind);
  box.append(element("h3", result.title));
  if (result.steps.length > 0) {
    const list = document.createElement("ul");
    for (const [kind, text] of result.steps) list.append(element("li", text, kind));
    box.append(list);
  }
  if (result.facts.length > 0) {
    const list = document.createElement("dl");
    for (const [name, value] of result.facts) list.append(element("dt", name), element("dd", value));
    box.append(list);
  }
  return box;
}

async function begin() {
  const at = (name) => document.getElementById(name);
  let page;
  try {
    page = await (await fetched("page.json")).json();
  } catch {
    show(at("check-answer"), { kind: "unsure", title: "This page is not complete", steps: [["unsure", "Try again later."]], facts: [] });
    return;
  }
  document.title = "License check \u2013 " + page.name;
  at("board").textContent = page.name;
  at("where").textContent = "Licenses for " + page.jurisdiction + ", as the board has published them.";
  async function check(text) {
    show(at("check-answer"), await checked(page, text));
  }
  at("check-form").addEventListener("submit", (event) => {
    event.preventDefault();
    check(at("text").value);
  });
  at("file").addEventListener("change", async () => {
    const file = at("file").files[0];
    if (file === undefined) return;
    if (file.size <= MAX_TEXT) await check(await file.text());
    else show(at("check-answer"), { kind: "unsure", title: "This page cannot check it", steps: [["unsure", "It is too large to be a credential."]], facts: [] });
  });
  if (page.register !== null) {
    at("lookup").hidden = false;
    const look = async () => show(at("lookup-answer"), ...await lookedUp(page, at("number").value));
    at("lookup-form").addEventListener("submit", (event) => {
      event.preventDefault();
      look();
    });
    const named = decodeURIComponent(location.hash.slice(1));
    if (named !== "" && named.length <= 64) {
      at("number").value = named;
      look();
    }
  }
  document.body.dataset.ready = "yes";
}

begin();
