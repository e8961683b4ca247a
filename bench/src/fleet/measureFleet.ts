/**
 * `npm run bench -- fleet [--apps 1000] [--idle <seconds>] [--write]`: what a host of many apps costs under one daemon. Needs
 * root, for control groups.
 */
import * as path from "node:path"
import { writeCommand } from "../../../build/writeCommand.ts"
import { makeFleet } from "./Fleet.ts"
import { answers, commands, type Figure, idle, passOverAll, settled, upgrades } from "./measurements.ts"

export interface Options {
  /** A folder of its own. */
  readonly home: string
  readonly apps: number
  readonly idleSeconds: number
  readonly say: (text: string) => void
}

/** Upgrades that are due at the same time. */
const dueAtOnce = 100

export const measureFleet = async ({ apps, home, idleSeconds, say }: Options): Promise<ReadonlyArray<Figure>> => {
  say("building lastgood, as users install it …")
  const built = path.join(import.meta.dirname, "../../../.cache/bench/lastgood")
  await writeCommand(built)
  const fleet = await makeFleet({ home, bin: path.join(built, "bin/lastgood.mjs"), apps, concurrency: 4 })
  const figures: Array<Figure> = []
  const add = (more: ReadonlyArray<Figure>) => {
    figures.push(...more)
    say(shown(more))
  }
  try {
    await fleet.configure(() => "@yearly")
    await fleet.tag("1.0.0")
    say(`deploying ${apps} apps …`)
    await fleet.deployAll("1.0.0")
    say("a pass over all …")
    add([await passOverAll(fleet)])
    say("starting the daemon …")
    const pid = await fleet.start()
    add([{ what: "first passes of a daemon", value: await settled(fleet), unit: "s", most: 30 }])
    say(`idle for ${idleSeconds} s …`)
    add(await idle(pid, idleSeconds))
    say("answers …")
    add(await answers(fleet))
    add(await commands(fleet))
    const count = Math.min(dueAtOnce, apps)
    say(`${count} upgrades at once …`)
    add(await upgrades(fleet, count))
    return figures
  } finally {
    await fleet.end()
  }
}

const digits = { s: 2, ms: 0, "%": 2, MB: 0, "": 0 } as const

const text = (value: number, unit: Figure["unit"]): string => `${value.toFixed(digits[unit])} ${unit}`.trim()

const goal = ({ most, unit, value }: Figure): string =>
  most === null ? "" : `≤ ${most} ${unit} ${value <= most ? "met" : "**missed**"}`

const shown = (figures: ReadonlyArray<Figure>): string =>
  figures.map((one) => `  ${one.what}: ${text(one.value, one.unit)} ${goal(one)}`).join("\n")

export const fleetTable = (figures: ReadonlyArray<Figure>): string =>
  [
    "| what | measured | goal |",
    "|---|---|---|",
    ...figures.map((one) => `| ${one.what} | ${text(one.value, one.unit)} | ${goal(one)} |`)
  ].join("\n")
