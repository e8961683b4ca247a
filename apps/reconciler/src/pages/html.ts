/**
 * HTML whose values are always escaped. A page is built only by this tag, so that a version, a log line or an alert of an
 * app can never become markup (LAW-13). Pure.
 */

/** Markup that is safe to send. Only `html` makes it. */
export interface Html {
  readonly markup: string
}

class Markup implements Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

/** null, undefined and false are nothing; a list is its items, one after the other. */
export type Value = Html | string | number | boolean | null | undefined | ReadonlyArray<Value>

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

/** What HTML does not allow as text, and what would turn the direction of the text after it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to remove.
const unwanted = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g

/** For text and for quoted attributes. */
export const escaped = (text: string): string =>
  text.replace(unwanted, "\ufffd").replace(/[&<>"']/g, (character) => entities[character] ?? "")

const markupOf = (value: Value): string => {
  if (value === null || value === undefined || typeof value === "boolean") return ""
  if (typeof value === "string") return escaped(value)
  if (typeof value === "number") return String(value)
  if (value instanceof Markup) return value.markup
  if (Array.isArray(value)) return value.map(markupOf).join("")
  throw new TypeError("only markup made by `html` may be part of a page")
}

/**
 * A value stands for text, or for a whole attribute's value between double quotes. Never inside a tag's or an attribute's
 * name, a script or a style.
 */
export const html = (strings: TemplateStringsArray, ...values: ReadonlyArray<Value>): Html =>
  new Markup(strings.reduce((text, part, index) => `${text}${markupOf(values[index - 1])}${part}`))

export const nothing: Html = html``
