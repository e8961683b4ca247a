/** `npm run docs:dashboard` starts a daemon with a few apps, and takes the pictures of docs/dashboard.md (needs Chromium). */
import { hostname } from "node:os"
import { join } from "node:path"
import { processFolder } from "@lastgood/testing/processes"
import * as Effect from "effect/Effect"
import { type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { dashboardWorld } from "./world.ts"

const docs = join(import.meta.dirname, "../../../docs")

interface Picture {
  readonly file: string
  readonly path: string
  readonly options: BrowserContextOptions
  /** Pixels from the top; absent: the whole page. */
  readonly height?: number
}

const wide = (height: number, colorScheme: "light" | "dark") => ({ viewport: { width: 1200, height }, colorScheme })

const pictures: ReadonlyArray<Picture> = [
  { file: "dashboard.png", path: "/", options: wide(900, "light") },
  { file: "dashboard-app.png", path: "/apps/forum", options: wide(1280, "dark"), height: 1280 },
  { file: "dashboard-confirm.png", path: "/apps/photos/acts/upgrade", options: wide(760, "light"), height: 760 },
  {
    file: "dashboard-phone.png",
    path: "/apps/forum",
    options: { viewport: { width: 360, height: 780 }, deviceScaleFactor: 2, colorScheme: "light" },
    height: 780
  }
]

/** The name and the folders of the machine that takes the pictures do not belong in them. */
const anonymous = (page: Page, home: string) =>
  page.evaluate(
    `{ const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let text = texts.nextNode(); text; text = texts.nextNode())
      text.data = text.data.replaceAll(${JSON.stringify(`${home}/root`)}, "/var/lib/lastgood").replace(${JSON.stringify(`on ${hostname()}`)}, "on server")
      .replace(/127\\.0\\.0\\.1:\\d+/g, "127.0.0.1:8080") }`
  )

const taken = Effect.fnUntraced(function* (home: string) {
  const { base, link, run } = yield* dashboardWorld(home)
  const one = yield* Effect.acquireRelease(
    Effect.promise(() => chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] })),
    (browser) => Effect.promise(() => browser.close())
  )
  for (const { file, height, options, path } of pictures) {
    const address = yield* link
    // The page has the runtimes' answers from its second reading on.
    yield* run("status")
    yield* Effect.promise(async () => {
      const context = await one.newContext(options)
      const page = await context.newPage()
      await page.goto(address)
      await page.waitForTimeout(1500)
      await page.goto(base + path)
      await page.waitForTimeout(500)
      await anonymous(page, home)
      const clip = height === undefined ? {} : { clip: { x: 0, y: 0, width: options.viewport?.width ?? 1200, height } }
      await page.screenshot({ path: join(docs, file), fullPage: true, ...clip })
      await context.close()
    })
  }
})

await Effect.runPromise(Effect.scoped(Effect.flatMap(processFolder, taken)))
