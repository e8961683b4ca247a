/**
 * An export of a long log that lastgood did not write: made from docs/on-disk.md alone, with a hash chain of its own. Many
 * apps, all types and versions of events, also unknown ones, long texts, alerts that nobody resolves. The same arguments
 * give the same bytes.
 */
import { createHash } from "node:crypto"
import { closeSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs"
import * as path from "node:path"

const repository = path.join(import.meta.dirname, "../../..")

interface Template {
  readonly type: string
  readonly v: number
  /** JSON, with the ids of the history that it comes from. */
  readonly text: string
  readonly hasAttempt: boolean
}

const ids = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b\d{8}T\d{6}Z-[0-9a-f]{8}\b/g

const histories = (): ReadonlyArray<ReadonlyArray<Template>> => {
  const folder = path.join(repository, "test/histories")
  return readdirSync(folder)
    .filter((file) => file.endsWith(".jsonl"))
    .toSorted()
    .map((file) =>
      readFileSync(path.join(folder, file), "utf8")
        .trimEnd()
        .split("\n")
        .slice(1)
        .map((line) => {
          const { attempt, data, type, v } = JSON.parse(line)
          return { type, v, text: JSON.stringify(data), hasAttempt: attempt !== null }
        })
    )
}

const fixtures = (): ReadonlyArray<Template> => {
  const folder = path.join(repository, "test/fixtures/events")
  return readdirSync(folder)
    .filter((file) => /\.v\d+\.json$/.test(file))
    .toSorted()
    .map((file) => {
      const { data, type, v } = JSON.parse(readFileSync(path.join(folder, file), "utf8"))
      return { type, v, text: JSON.stringify(data), hasAttempt: false }
    })
}

const hex = (of: string, length: number): string => createHash("sha256").update(of).digest("hex").slice(0, length)

const uuid = (of: string): string => {
  const h = hex(of, 32)
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-7${h.slice(13, 16)}-8${h.slice(17, 20)}-${h.slice(20)}`
}

/** The last lines of an app that does not start. */
const trace = `Grüße vom Prüfstand – 失敗\n${'  at Object.connect (/srv/app/"lib"/db.js:120:33)\n'.repeat(60)}`

const single = (type: string, data: unknown): Template => ({
  ...{ type, v: 1, hasAttempt: false },
  text: JSON.stringify(data)
})

/** The events of one app without end: attempts of all kinds, and beside them what happens between attempts. */
function* eventsOf(app: number): Generator<Template & { readonly attempt: string | null }> {
  const [kinds, others] = [histories(), fixtures()]
  const snapshots: Array<string> = []
  const aside: Array<string> = []
  for (let round = 0; ; round++) {
    const attempt = uuid(`attempt ${app} ${round}`)
    const rename = (id: string) => {
      if (id.includes("-7")) return id.length === 36 ? uuid(`${id} ${app} ${round}`) : id
      return `${id.slice(0, 17)}${hex(`${id} ${app} ${round}`, 8)}`
    }
    for (const template of kinds[(app + round) % kinds.length] ?? []) {
      const text = template.text.replace(ids, rename)
      if (template.type === "SnapshotTaken") snapshots.push(JSON.parse(text).snapshot)
      if (template.type === "DataSetAside") aside.push(attempt)
      yield { ...template, text, attempt: template.hasAttempt ? attempt : null }
    }
    const other = others[round % others.length]
    if (other !== undefined) yield { ...other, text: other.text.replace(ids, rename), attempt }
    if (round % 5 === 0) {
      const checks: ReadonlyArray<unknown> = []
      yield { ...single("HealthFailed", { version: "1.1.0+2.0.0", tookMs: 1, reason: trace, checks }), attempt }
    }
    if (round % 7 === 0) yield { ...single("SomethingOfTomorrow", { what: trace.slice(0, 200) }), attempt: null }
    if (app === 0) {
      const alert = uuid(`alert ${round}`)
      const refs = { attempted: null, lastGood: null }
      const said = { outcome: "unhealthy", recovered: false, why: "it answers 500", next: "read its log" }
      const raised = single("AlertRaised", { alert, subject: `refused:${round}`, ...refs, ...said })
      yield { ...raised, v: 2, attempt: null }
    }
    // The second app keeps everything.
    while (app !== 1 && aside.length > 1) {
      yield { ...single("AsidePruned", { attempt: aside.shift(), volumes: [] }), attempt: null }
    }
    while (app !== 1 && snapshots.length > 3) {
      yield {
        ...single("SnapshotPruned", { snapshot: snapshots.shift(), reason: "only the newest 3 are kept" }),
        attempt: null
      }
    }
  }
}

/** Writes the export with `count` events of `apps` apps, `app0`, `app1` … @returns its head. */
export const writeForeignExport = (file: string, count: number, apps: number) => {
  const sources = Array.from({ length: apps }, (_, app) => eventsOf(app))
  const versions = sources.map(() => 0)
  const fd = openSync(file, "w", 0o600)
  const header = (position: number, hash: string) =>
    `${JSON.stringify({ lastgood: "export", format: 1, store: uuid("store"), head: { position, hash } })}\n`
  let hash = "0".repeat(64)
  let text = header(count, hash)
  let seed = 1
  for (let position = 1; position <= count; position++) {
    // Apps take turns at random, as they do on a host.
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    const app = seed % apps
    const event = sources[app]?.next().value
    if (event === undefined) throw new Error("an app has no more events")
    const version = (versions[app] ?? 0) + 1
    versions[app] = version
    const prev = hash
    const at = new Date(Date.UTC(2020, 0, 1) + position * 60_000).toISOString()
    const [stream, actor] = [`app/app${app}`, position % 3 === 0 ? "cli:root" : "reconciler"]
    const { attempt, text: data, type, v } = event
    const id = `0199${position.toString(16).padStart(8, "0").slice(0, 4)}-${position.toString(16).padStart(4, "0").slice(-4)}-7000-8000-${position.toString(16).padStart(12, "0")}`
    hash = createHash("sha256")
      .update(JSON.stringify(["lastgood/1", prev, position, stream, version, id, type, v, at, actor, attempt, data]))
      .digest("hex")
    const envelope = JSON.stringify({ position, stream, version, id, type, v, at, actor, attempt, prev, hash })
    text += `${envelope.slice(0, -1)},"data":${data}}\n`
    if (text.length > 1 << 20) {
      writeSync(fd, text)
      text = ""
    }
  }
  writeSync(fd, text)
  writeSync(fd, header(count, hash), 0)
  closeSync(fd)
  return { position: count, hash }
}
