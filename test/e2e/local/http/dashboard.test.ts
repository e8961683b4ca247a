/** The pages of a real daemon in a real browser. */
import { existsSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { describeNeeding } from "../../../needing.ts"
import { expectCode } from "../../expect.ts"
import { harms, v1, v2 } from "../../harness.ts"
import { serving } from "./serving.ts"

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync)
const missing = executablePath === undefined ? "there is no Chromium (apt-get install chromium)" : null

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

/** Markup in a text that an operator, a recipe or an app could write. */
const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`

const browser = Effect.acquireRelease(
  Effect.promise(() =>
    chromium.launch({ ...(executablePath === undefined ? {} : { executablePath }), args: ["--no-sandbox"] })
  ),
  (one) => Effect.promise(() => one.close())
)

/** A page of a browser that has seen nothing yet, and what its console says. */
const opened = Effect.fnUntraced(function* (one: Browser, options: BrowserContextOptions = {}) {
  const context = yield* Effect.promise(() => one.newContext(options))
  const page = yield* Effect.promise(() => context.newPage())
  const said: Array<string> = []
  page.on("console", (message) => said.push(message.text()))
  page.on("pageerror", (error) => said.push(error.message))
  return { context, page, said }
})

const go = (page: Page, url: string) =>
  Effect.promise(async () => {
    const response = await page.goto(url)
    return { status: response?.status() ?? 0, text: (await page.locator("body").textContent()) ?? "" }
  })

/** What axe finds, as text. The page's policy lets no script in, so this one comes with the browser's own tools. */
const problemsOf = (page: Page) =>
  Effect.promise(async () => {
    const frame = await page.context().newCDPSession(page)
    await frame.send("Runtime.evaluate", { expression: axe })
    const { result } = await frame.send("Runtime.evaluate", {
      expression:
        "axe.run().then(({ violations }) => JSON.stringify(violations.map(({ id, nodes }) => [id, nodes[0].html])))",
      awaitPromise: true,
      returnByValue: true
    })
    return String(result.value)
  })

const isTooWide = (page: Page) =>
  Effect.promise(() => page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))

/** The browser tells of every page that is answered with an error. */
const complaints = (said: ReadonlyArray<string>) => said.filter((line) => !/status of 40[14]/.test(line))

describeNeeding("LASTGOOD_TEST_BROWSER", missing, "the dashboard", () => {
  /** Verifies: LAW-12, LAW-13 */
  it.live(
    "shows all apps and one app to whoever has the link, in both themes and at every width",
    () =>
      Effect.gen(function* () {
        const { port, start, world } = yield* serving()
        const base = `http://127.0.0.1:${port}`
        yield* world.tag(v2, harms)
        expectCode(yield* world.lastgood(["upgrade", "demo"]), 3)
        expectCode(yield* world.lastgood(["hold", "demo", "--reason", hostile]), 0)
        expectCode(yield* world.lastgood(["dashboard"]), 1)
        yield* start
        const one = yield* browser

        const { context, page, said } = yield* opened(one, { javaScriptEnabled: false })
        const before = yield* go(page, `${base}/`)
        assert.strictEqual(before.status, 401)
        assert.include(before.text, "Run lastgood dashboard")
        const link = JSON.parse((yield* world.lastgood(["dashboard", "--json"])).stdout).link
        const first = yield* go(page, link)
        assert.strictEqual(page.url(), `${base}/`)
        assert.include(first.text, "1 of 1 app running, 1 needs attention, 1 open alert")
        assert.include(first.text, v1)
        const [cookie] = yield* Effect.promise(() => context.cookies())
        assert.deepInclude(cookie, { httpOnly: true, sameSite: "Strict" })

        yield* Effect.promise(() => page.getByRole("link", { name: "demo", exact: true }).first().click())
        const text = yield* Effect.promise(() => page.locator("main").textContent())
        for (const part of [v1, v2, "rolled back, recovered", "down ", "rollback: restore", "Quarantined", hostile]) {
          assert.include(text, part)
        }
        assert.notInclude(yield* Effect.promise(() => page.content()), "k9Xw3fQ2vT7m")
        assert.deepStrictEqual(complaints(said), [])

        // The link works once.
        const other = yield* opened(one)
        assert.include((yield* go(other.page, link)).text, "no longer valid")
        assert.strictEqual((yield* go(other.page, `${base}/apps/demo`)).status, 401)

        const cookies = yield* Effect.promise(() => context.cookies())
        for (const colorScheme of ["light", "dark"] as const) {
          for (const width of [360, 1280]) {
            const shown = yield* opened(one, { colorScheme, viewport: { width, height: 800 } })
            yield* Effect.promise(() => shown.context.addCookies(cookies))
            for (const path of ["/", "/?show=attention", "/apps/demo", "/apps/nothing", "/enter"]) {
              yield* go(shown.page, `${base}${path}`)
              const where = `${path}, ${colorScheme}, ${width} px`
              assert.strictEqual(yield* problemsOf(shown.page), "[]", where)
              assert.isFalse(yield* isTooWide(shown.page), where)
              assert.notInclude(yield* Effect.promise(() => shown.page.title()), "owned", where)
            }
            assert.deepStrictEqual(complaints(shown.said), [])
            yield* Effect.promise(() => shown.context.close())
          }
        }

        // The first key goes to the content.
        yield* go(page, `${base}/`)
        yield* Effect.promise(() => page.keyboard.press("Tab"))
        yield* Effect.promise(() => page.keyboard.press("Enter"))
        assert.strictEqual(page.url(), `${base}/#main`)
      }),
    300_000
  )
})
