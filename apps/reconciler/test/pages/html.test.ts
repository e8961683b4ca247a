import { assert, describe, it } from "@effect/vitest"
import { escaped, type Html, html, type Value } from "../../src/pages/html.ts"

/** Everything that ends a text or an attribute, and what browsers forgive. */
const hostile = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  "</title></style></textarea>--><svg/onload=alert(1)>",
  "&lt;script&gt;",
  "\u0000<\u0000s\u0000c>",
  "javascript:alert(1)",
  "\u202egnp.exe",
  "{{7*7}} `x`"
]

describe("html", () => {
  /** Verifies: LAW-13 */
  it("never lets a value become markup, in any order of characters", () => {
    const characters = ["<", ">", "&", '"', "'", "`", "=", "/", "!", "-", "a", " ", "\n", "\u0000", "\u202e", "\ud800"]
    // Every text of three of them, and the list.
    const texts = characters.flatMap((a) => characters.flatMap((b) => characters.map((c) => a + b + c)))
    for (const text of [...texts, ...hostile]) {
      const { markup } = html`<p title="${text}">${text}</p>`
      const [, attribute = "", content = ""] = /^<p title="([^"]*)">([^<]*)<\/p>$/.exec(markup) ?? []
      for (const part of [attribute, content]) {
        assert.notMatch(part, /[<>"']|&(?!(?:amp|lt|gt|quot|#39);)/, JSON.stringify(text))
        assert.strictEqual(part, escaped(text))
      }
      assert.strictEqual(content === "", text === "")
    }
  })

  it("keeps markup of its own, and lists of it", () => {
    const items = ["a", "<b>"].map((one) => html`<li>${one}</li>`)
    assert.strictEqual(html`<ul>${items}</ul>`.markup, "<ul><li>a</li><li>&lt;b&gt;</li></ul>")
    assert.strictEqual(html`${null}${undefined}${false}${0}${""}`.markup, "0")
  })

  /** Verifies: LAW-13 */
  it("refuses an object that only looks like markup", () => {
    const forged: Html = { markup: "<script>" }
    assert.throws(() => html`${forged as Value}`, /only markup made by/)
  })
})
