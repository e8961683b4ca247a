/** What docker compose sees of a release and of the app's folder, on real files. */
import { lstat, mkdir, readdir, readlink, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import { projectView } from "../../../src/runtime/compose/view.ts"
import type { Docker } from "../../../src/runtime/docker/Docker.ts"

const docker = { failed: (reason: string) => new Error(reason) } as unknown as Docker

const folderWith = Effect.fnUntraced(function* (paths: ReadonlyArray<string>) {
  const folder = yield* temporaryFolder()
  yield* Effect.promise(async () => {
    for (const at of new Set(paths.map((path) => dirname(join(folder, path))))) await mkdir(at, { recursive: true })
    await Promise.all(paths.map((path) => writeFile(join(folder, path), path)))
  })
  return folder
})

const viewOf = (
  release: string,
  folder: string,
  named: ReadonlyArray<string> = [],
  written = new Map<string, string>()
) =>
  projectView(docker, {
    copy: null,
    envFile: null,
    folder,
    isData: () => false,
    named: new Set(named),
    release,
    written
  })

describe("the view of a project", () => {
  it.live("merges only folders that the release and the app's folder both have", () =>
    Effect.gen(function* () {
      const release = yield* folderWith(["compose.yml", "theme/a.css", "conf/default"])
      const folder = yield* folderWith([".env", "conf/default", "conf/own", "data/x", ".git/config"])
      const { dir } = yield* viewOf(
        release,
        folder,
        [],
        new Map([
          ["conf/none.env", ""],
          ["compose.yml", "changed"]
        ])
      )
      const links = yield* Effect.promise(async () => {
        const names = [...(await readdir(dir)), ...(await readdir(join(dir, "conf"))).map((name) => `conf/${name}`)]
        return await Promise.all(
          names.toSorted().map(async (name) => {
            const isLink = (await lstat(join(dir, name))).isSymbolicLink()
            return isLink ? `${name} → ${await readlink(join(dir, name))}` : name
          })
        )
      })
      assert.deepStrictEqual(links, [
        `.env → ${join(folder, ".env")}`,
        `compose.yml → ${join(dirname(dir), "written/compose.yml")}`,
        "conf",
        `conf/default → ${join(release, "conf/default")}`,
        `conf/none.env → ${join(dirname(dir), "written/conf/none.env")}`,
        `conf/own → ${join(folder, "conf/own")}`,
        `data → ${join(folder, "data")}`,
        `theme → ${join(release, "theme")}`
      ])
    }).pipe(Effect.scoped)
  )

  it.live("of a project where it is has that folder once", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith(["compose.yml", "conf/own", "data/x"])
      const { dir } = yield* viewOf(folder, folder, [], new Map([["conf/none.env", ""]]))
      const read = (...at: ReadonlyArray<string>) => Effect.promise(() => readdir(join(dir, ...at)))
      assert.deepStrictEqual(
        [(yield* read()).toSorted(), (yield* read("conf")).toSorted()],
        [
          ["compose.yml", "conf", "data"],
          ["none.env", "own"]
        ]
      )
      assert.strictEqual(yield* Effect.promise(() => readlink(join(dir, "data"))), join(folder, "data"))
    }).pipe(Effect.scoped)
  )

  it.live("has of a folder with thousands of files only those that the compose files name", () =>
    Effect.gen(function* () {
      const release = yield* folderWith(["compose.yml", "uploads/.gitkeep"])
      const many = Array.from({ length: 2100 }, (_, i) => `uploads/${i}`)
      const folder = yield* folderWith([...many, "uploads/deep/app.env"])
      const { dir } = yield* viewOf(release, folder, ["compose.yml", "uploads/7", "uploads/deep/app.env", "gone"])
      const names = yield* Effect.promise(() => readdir(join(dir, "uploads")))
      assert.deepStrictEqual(names.toSorted(), [".gitkeep", "7", "deep"])
    }).pipe(Effect.scoped)
  )
})
