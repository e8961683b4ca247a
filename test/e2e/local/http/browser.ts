/** A real browser on the pages of a daemon, and what it finds there. */
import { existsSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import * as Effect from "effect/Effect"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import type { World } from "../../harness.ts"

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync)

export const missingBrowser = executablePath === undefined ? "there is no Chromium (apt-get install chromium)" : null

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

export const browser = Effect.acquireRelease(
  Effect.promise(() =>
    chromium.launch({ ...(executablePath === undefined ? {} : { executablePath }), args: ["--no-sandbox"] })
  ),
  (one) => Effect.promise(() => one.close())
)

/** A page of a browser that has seen nothing yet, and what its console says. */
export const opened = Effect.fnUntraced(function* (one: Browser, options: BrowserContextOptions = {}) {
  const context = yield* Effect.promise(() => one.newContext(options))
  const page = yield* Effect.promise(() => context.newPage())
  const said: Array<string> = []
  page.on("console", (message) => said.push(message.text()))
  page.on("pageerror", (error) => said.push(error.message))
  return { context, page, said }
})

export const go = (page: Page, url: string) =>
  Effect.promise(async () => {
    const response = await page.goto(url)
    return { status: response?.status() ?? 0, text: (await page.locator("body").textContent()) ?? "" }
  })

export const linkOf = (world: Pick<World, "lastgood">) =>
  Effect.map(world.lastgood(["dashboard", "--json"]), ({ stdout }) => String(JSON.parse(stdout).link))

/** What axe finds, as text. The page's policy lets no script in, so this one comes with the browser's own tools. */
export const problemsOf = (page: Page) =>
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

export const isTooWide = (page: Page) =>
  Effect.promise(() => page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))

/** The browser tells of every page that is answered with an error. */
export const complaints = (said: ReadonlyArray<string>) => said.filter((line) => !/status of 40[14]/.test(line))

/** Waits until the text of a part of the page has this in it, without a reload. */
export const shows = (page: Page, part: string | RegExp, where = "main") =>
  Effect.promise(async () => {
    const found = page.locator(where).filter({ hasText: part }).first()
    await found.waitFor({ state: "attached", timeout: 30_000 }).catch(async () => {
      const text = await page.locator(where).allTextContents()
      throw new Error(`${where} of ${page.url()} does not show ${part}, but: ${text.join("\n").slice(0, 2000)}`)
    })
  })

/** Presses Tab until what has the focus has this name. */
export const tabTo = (page: Page, name: RegExp) =>
  Effect.promise(async () => {
    for (let presses = 0; presses < 120; presses += 1) {
      await page.keyboard.press("Tab")
      const focused = String(await page.evaluate("document.activeElement.textContent"))
      if (name.test(focused)) return
    }
    throw new Error(`Tab does not reach ${name}`)
  })
