/** What a Watchtower on this host was told to do, by its variables and its command line. Pure. */

export interface Watchtower {
  /** The container's name. */
  readonly name: string
  readonly isRunning: boolean
  /** Cron with seconds; null: by `everySeconds`. */
  readonly schedule: string | null
  readonly everySeconds: number
  /** Only containers that are labelled `enable=true`. */
  readonly labelEnable: boolean
  readonly monitorOnly: boolean
  readonly noPull: boolean
  readonly labelTakesPrecedence: boolean
  readonly includeStopped: boolean
  readonly scope: string | null
  /** Only containers of these names; empty: of any. */
  readonly only: ReadonlyArray<string>
  readonly disabled: ReadonlyArray<string>
  /** The scheme of each URL that it notifies: the URLs hold secrets. */
  readonly notifies: ReadonlyArray<string>
  /** Names of its other settings, as variables. */
  readonly settings: ReadonlyArray<string>
}

export const watchtowerLabel = "com.centurylinklabs.watchtower"

/** Options that have a value, by their short forms or none. So has each `--notification-…` but those that switch. */
const valued: Readonly<Record<string, string>> = {
  interval: "i",
  schedule: "s",
  scope: "",
  "disable-containers": "x",
  "stop-timeout": "t",
  host: "H",
  "api-version": "a",
  "log-format": "l",
  "log-level": "",
  notifications: "n",
  "http-api-token": "",
  "health-check": "",
  porcelain: "P"
}

const switches: Readonly<Record<string, string>> = {
  "label-enable": "e",
  "monitor-only": "m",
  cleanup: "c",
  "include-stopped": "S",
  "run-once": "R",
  "revive-stopped": "",
  debug: "d"
}

const nameOfShort = (letter: string): string =>
  [...Object.entries(valued), ...Object.entries(switches)].find(([, short]) => short === letter)?.[0] ?? letter

/** Options whose variable is not their name in upper case. */
const otherVariables: Readonly<Record<string, string>> = { interval: "POLL_INTERVAL", "stop-timeout": "TIMEOUT" }

const variableOf = (option: string): string =>
  `WATCHTOWER_${otherVariables[option] ?? option.toUpperCase().replaceAll("-", "_")}`

const isNotification = (option: string): boolean =>
  /^notifications?-/.test(option) && !/-(?:skip-verify|skip-title|log-stdout|report|data)$/.test(option)

const hasValue = (option: string): boolean => option in valued || isNotification(option)

/** `-ci30` is `-c -i 30`. */
const shortOptions = (letters: string): ReadonlyArray<readonly [option: string, value: string | undefined]> => {
  const [letter = "", ...rest] = letters
  if (letter === "") return []
  const option = nameOfShort(letter)
  const after = rest.join("")
  if (hasValue(option) || after.startsWith("=")) return [[option, after === "" ? undefined : after.replace(/^=/, "")]]
  return [[option, undefined], ...shortOptions(after)]
}

/**
 * The options of a command line as variables, and the names of containers in it. A value that were taken for a name would
 * be shown, and may be a secret (LAW-12).
 */
const optionsIn = (args: ReadonlyArray<string>) => {
  const found: Record<string, string> = {}
  const names: Array<string> = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? ""
    if (!arg.startsWith("-")) {
      names.push(arg)
      continue
    }
    const [, long = "", value] = /^--([^=]*)(?:=(.*))?$/s.exec(arg) ?? []
    const options = arg.startsWith("--") ? (long === "" ? [] : [[long, value] as const]) : shortOptions(arg.slice(1))
    for (const [option, given] of options) {
      found[variableOf(option)] = given ?? (hasValue(option) ? (args[++i] ?? "") : "true")
    }
  }
  return { found, names: names.filter((name) => name !== "" && !name.endsWith("/watchtower")) }
}

const isOn = (value: string | undefined): boolean => /^(?:1|t|true|yes|on)$/i.test(value ?? "")
const words = (value: string | undefined): ReadonlyArray<string> =>
  (value ?? "").split(/[\s,]+/).filter((w) => w !== "")

const daySeconds = 24 * 60 * 60

/** @param env `NAME=value` of the container. @param args of its command. */
export const readWatchtower = (
  name: string,
  isRunning: boolean,
  env: ReadonlyArray<string>,
  args: ReadonlyArray<string>
): Watchtower => {
  const { found, names } = optionsIn(args)
  const own = env.flatMap((line) => {
    const [, variable = "", value = ""] = /^(WATCHTOWER_[A-Z_]+)=(.*)$/s.exec(line) ?? []
    return variable === "" || value === "" ? [] : [[variable, value] as const]
  })
  const all = { ...Object.fromEntries(own), ...found }
  const of = (variable: string): string | undefined => all[`WATCHTOWER_${variable}`]
  const seconds = Number(of("POLL_INTERVAL") ?? daySeconds)
  return {
    ...{ name, isRunning },
    schedule: of("SCHEDULE") ?? null,
    everySeconds: Number.isInteger(seconds) && seconds > 0 ? seconds : daySeconds,
    labelEnable: isOn(of("LABEL_ENABLE")),
    monitorOnly: isOn(of("MONITOR_ONLY")),
    noPull: isOn(of("NO_PULL")),
    labelTakesPrecedence: isOn(of("LABEL_TAKE_PRECEDENCE")),
    includeStopped: isOn(of("INCLUDE_STOPPED")) || isOn(of("REVIVE_STOPPED")),
    scope: of("SCOPE") ?? null,
    only: names,
    disabled: words(of("DISABLE_CONTAINERS")),
    notifies: [
      ...words(of("NOTIFICATION_URL")).flatMap((url) => /^[a-z][a-z0-9+]*(?=:\/\/)/i.exec(url)?.[0] ?? []),
      ...words(of("NOTIFICATIONS")).filter((kind) => kind !== "shoutrrr")
    ],
    settings: Object.keys(all).toSorted()
  }
}

/** The container as Watchtower sees it. */
export interface Watched {
  readonly name: string
  readonly isRunning: boolean
  readonly labels: Readonly<Record<string, string>>
}

export const labelIn = ({ labels }: Pick<Watched, "labels">, name: string): string | undefined =>
  labels[`${watchtowerLabel}.${name}`]

/** `fixed`: it is never pulled. */
export type Treatment = "unwatched" | "monitored" | "fixed" | "updated"

const isWatchedBy = (watchtower: Watchtower, container: Watched): boolean => {
  const { disabled, includeStopped, labelEnable, only, scope } = watchtower
  const enable = labelIn(container, "enable")
  if (!container.isRunning && !includeStopped) return false
  if (disabled.includes(container.name) || (only.length > 0 && !only.includes(container.name))) return false
  if (labelEnable ? !isOn(enable) : enable !== undefined && !isOn(enable)) return false
  const own = labelIn(container, "scope") ?? "none"
  return scope === null || own === scope
}

/** What a Watchtower does with a container. */
export const treatmentBy = (watchtower: Watchtower, container: Watched): Treatment => {
  if (!isWatchedBy(watchtower, container)) return "unwatched"
  const decides = (label: string, global: boolean): boolean => {
    const own = labelIn(container, label)
    return watchtower.labelTakesPrecedence && own !== undefined ? isOn(own) : global || isOn(own)
  }
  if (decides("monitor-only", watchtower.monitorOnly)) return "monitored"
  return decides("no-pull", watchtower.noPull) ? "fixed" : "updated"
}

/** A Watchtower with no setting at all: labels speak to it even where none runs. */
export const plainWatchtower: Watchtower = readWatchtower("watchtower", false, [], [])
