// Puts JSON on lines of its own, also where the end was cut off, which no parser takes. Pure.

const STEP = "  ";
const TOKENS = /"(?:[^"\\]|\\.)*"?|[{}[\],:]|[^\s"{}[\],:]+/g;
const EMPTY = { "{": "}", "[": "]" };

/** Returns JSON with line breaks and indents; a text that does not begin like an object or array as it is. */
export function indentJson(text) {
  if (!/^\s*[{[]/.test(text)) return text;
  const tokens = text.match(TOKENS);
  let depth = 0;
  const line = () => `\n${STEP.repeat(depth)}`;
  return tokens.map((token, index) => {
    if (token in EMPTY) return tokens[index + 1] === EMPTY[token] ? token : token + line(++depth);
    if (token === "}" || token === "]") return tokens[index - 1] in EMPTY ? token : line(depth = Math.max(depth - 1, 0)) + token;
    if (token === ",") return token + line();
    return token === ":" ? ": " : token;
  }).join("");
}
