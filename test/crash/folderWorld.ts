/** Data of each kind on a machine's root: a data folder, a single file and a volume. Each holds what names its round. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Volume } from "@lastgood/core/domain/App"
import { testApp } from "@lastgood/testing/testApp"

export const folderWorld = (home: string) => {
  const root = join(home, "root")
  const at = (...parts: ReadonlyArray<string>) => join(root, "data", ...parts)
  const common = { driver: "local", options: {}, labels: {}, created: null }
  const named = (kind: "folder" | "file", path: string): Volume => ({ ...common, kind, name: path, key: path, path })
  const volumes: ReadonlyArray<Volume> = [
    named("folder", at("folder")),
    named("file", at("settings.json")),
    { ...common, kind: "volume", name: "db", key: "db", path: at("db") }
  ]
  const markerOf = ({ kind, path }: Volume) => (kind === "file" ? path : join(path, "marker"))
  const write = (text: string): void => {
    for (const volume of volumes) {
      mkdirSync(dirname(markerOf(volume)), { recursive: true })
      if (volume.kind !== "file") {
        for (let i = 0; i < 30; i++) writeFileSync(join(volume.path, `file-${i}`), text.repeat(2000 + i * 100))
      }
      writeFileSync(markerOf(volume), text)
    }
  }
  /** What each holds; null: it is not there. */
  const read = (): ReadonlyArray<string | null> =>
    volumes.map((volume) => {
      const marker = markerOf(volume)
      return existsSync(marker) ? readFileSync(marker, "utf8") : null
    })
  const app = testApp({ snapshot: { keep: 3, filters: {}, asideMs: 0 }, dir: join(root, "notes") })
  return { app, volumes, write, read }
}

export const good = (round: number): string => `good ${round} `
export const bad = (round: number): string => `bad ${round} `
