/** What is measured of a fleet. */
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { EventStore } from "@lastgood/core/log/EventStore"
import { layerReadOnly } from "@lastgood/core/log/EventStoreSqlite"
import * as Effect from "effect/Effect"
import type { Fleet } from "./Fleet.ts"
import { cpuSecondsOf, memoryOf } from "./usage.ts"

export interface Figure {
  readonly what: string
  readonly value: number
  readonly unit: "s" | "ms" | "%" | "MB" | ""
  /** The goal: at most this; null: none. */
  readonly most: number | null
}

const elapsed = (since: number): number => (performance.now() - since) / 1000

/** Asks rarely: an answer costs the daemon some processor time too. */
const until = async (what: string, limitSeconds: number, isSo: () => Promise<boolean>) => {
  const start = performance.now()
  while (!(await isSo())) {
    if (elapsed(start) > limitSeconds) throw new Error(`${what}: not within ${limitSeconds} s`)
    await sleep(5000)
  }
}

const eventsAfter = (fleet: Fleet, position: number) =>
  EventStore.use((store) => store.readAll({ after: position })).pipe(
    Effect.provide(layerReadOnly({ path: join(fleet.root, "events.db") })),
    Effect.runPromise
  )

const headOf = (fleet: Fleet) =>
  EventStore.use((store) => store.head).pipe(
    Effect.provide(layerReadOnly({ path: join(fleet.root, "events.db") })),
    Effect.map(({ position }) => position),
    Effect.runPromise
  )

/** Until every app was passed over and watched once. @returns the seconds that the first passes took. */
export const settled = async (fleet: Fleet): Promise<number> => {
  const start = performance.now()
  await until("every app was passed over", 1200, async () => {
    const { text } = await fleet.ask("/metrics")
    return !/^lastgood_daemon_last_pass_timestamp_seconds\{.*\} 0$/m.test(text)
  })
  const passed = elapsed(start)
  await until(
    "every app was watched",
    1200,
    async () => new Set(fleet.health.asked.map(({ app }) => app)).size === fleet.names.length
  )
  return passed
}

export const idle = async (pid: number, seconds: number): Promise<ReadonlyArray<Figure>> => {
  const [start, cpu] = [performance.now(), cpuSecondsOf(pid)]
  await sleep(seconds * 1000)
  const share = (cpuSecondsOf(pid) - cpu) / elapsed(start)
  return [
    { what: "idle: share of a core", value: share * 100, unit: "%", most: 1 },
    { what: "idle: memory of the daemon", value: memoryOf(pid) / 1e6, unit: "MB", most: 200 }
  ]
}

/** The median of three answers, after one that does not count. */
const answer = async (fleet: Fleet, path: string): Promise<number> => {
  const times: Array<number> = []
  for (let round = 0; round <= 3; round++) {
    const { ms, status } = await fleet.ask(path)
    if (status !== 200) throw new Error(`${path}: ${status}`)
    if (round > 0) times.push(ms)
  }
  return times.toSorted((a, b) => a - b)[1] ?? Number.NaN
}

export const answers = async (fleet: Fleet): Promise<ReadonlyArray<Figure>> => [
  { what: "first page", value: await answer(fleet, "/"), unit: "ms", most: 1000 },
  { what: "page of one app", value: await answer(fleet, `/apps/${fleet.names[0]}`), unit: "ms", most: 1000 },
  { what: "/metrics", value: await answer(fleet, "/metrics"), unit: "ms", most: null }
]

const command = async (fleet: Fleet, what: string, most: number | null, ...args: ReadonlyArray<string>) => {
  const { ms } = await fleet.lastgood(...args)
  const figure: Figure = { what, value: ms / 1000, unit: "s", most }
  return figure
}

export const commands = async (fleet: Fleet): Promise<ReadonlyArray<Figure>> => [
  await command(fleet, "`status` of all", 1, "status"),
  await command(fleet, "`status --offline` of all", null, "status", "--offline"),
  await command(fleet, "`status` of one", 1, "status", fleet.names[0] ?? ""),
  await command(fleet, "`alerts` of all", null, "alerts"),
  await command(fleet, "`log` of one", null, "log", fleet.names[0] ?? ""),
  await command(fleet, "`doctor` of one", null, "doctor", fleet.names[0] ?? "")
]

export const passOverAll = (fleet: Fleet): Promise<Figure> =>
  command(fleet, "a pass over all (`reconcile --once --skip-fetch`)", 30, "reconcile", "--once", "--skip-fetch")

/** The longest time between two checks of an app, in seconds, among those after `since`. */
const longestGap = (fleet: Fleet, apps: ReadonlySet<string>, since: number): number => {
  const last = new Map([...apps].map((app) => [app, since]))
  let longest = 0
  for (const { app, at } of fleet.health.asked.filter(({ app, at }) => apps.has(app) && at >= since)) {
    longest = Math.max(longest, at - (last.get(app) ?? since))
    last.set(app, at)
  }
  for (const at of last.values()) longest = Math.max(longest, performance.now() - at)
  return longest / 1000
}

/** Asks again and again how long the daemon takes to answer the shortest question: as long as its event loop is busy. */
const probing = (fleet: Fleet) => {
  const times: Array<number> = []
  let isDone = false
  const probe = async () => {
    while (!isDone) {
      times.push((await fleet.ask("/healthz")).ms)
      await sleep(50)
    }
  }
  const done = probe()
  return async () => {
    isDone = true
    await done
    return times.toSorted((a, b) => a - b)
  }
}

/** Makes a new version that so many apps look for in the same minute. */
export const upgrades = async (fleet: Fleet, count: number): Promise<ReadonlyArray<Figure>> => {
  const due = fleet.names.slice(0, count)
  const at = new Date(Date.now() + 90_000)
  const begin = new Date(at)
  begin.setSeconds(0, 0)
  await fleet.tag("1.1.0")
  const position = await headOf(fleet)
  await fleet.configure((app) => (due.includes(app) ? `${at.getMinutes()} ${at.getHours()} * * *` : "@yearly"))
  await sleep(Math.max(0, begin.getTime() - Date.now()))
  const [start, probe] = [performance.now(), probing(fleet)]
  const ended = async () => (await eventsAfter(fleet, position)).filter(({ type }) => type === "AttemptEnded")
  await until("all upgrades ended", 3600, async () => (await ended()).length >= count)
  const all = await ended()
  const last = Math.max(...all.map(({ at: time }) => Date.parse(time)))
  const others = new Set(fleet.names.slice(count))
  const gap = longestGap(fleet, others, start)
  const times = await probe()
  const committed = all.filter(({ data }) => JSON.stringify(data).includes('"committed"')).length
  return [
    { what: `${count} upgrades due at once: committed`, value: committed, unit: "", most: null },
    {
      what: `${count} upgrades due at once: the last one ended after`,
      value: (last - begin.getTime()) / 1000,
      unit: "s",
      most: null
    },
    {
      what: "meanwhile: `/healthz` answers, 99 of 100 within",
      value: times[Math.floor(times.length * 0.99)] ?? 0,
      unit: "ms",
      most: null
    },
    { what: "meanwhile: longest time between two checks of another app (`watch: 1m`)", value: gap, unit: "s", most: 65 }
  ]
}
