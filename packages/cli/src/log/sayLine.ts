/** How the daemon writes its log: for a person, for systemd's journal, or for another program. */
import * as Effect from "effect/Effect"
import { Json } from "../options.ts"
import { instants, oneLine, time } from "../render/format.ts"
import { type Screen, StandardError } from "../Screen.ts"
import { type LogLine, textOf, toJournal, toJson } from "./LogLine.ts"
import { StandardOutput } from "./StandardOutput.ts"

export interface Form {
  /** true: a person reads the timeline of the events, and the lines that sum them up. */
  readonly isForPeople: boolean
  readonly say: (line: LogLine) => void
}

/** @param once the results of the pass go to standard output, so that the log cannot. */
export const formFor = Effect.fnUntraced(function* (screen: Screen, once: boolean) {
  const { reader, write } = yield* StandardOutput
  const error = yield* StandardError
  const json: Form = { isForPeople: false, say: (line) => write(`${toJson(line)}\n`) }
  const journal: Form = { isForPeople: false, say: (line) => error.write(`${toJournal(line)}\n`) }
  const people: Form = {
    isForPeople: true,
    say: (line) => {
      const about = line.app === null ? "" : `${line.app}: `
      screen.warn(`${time(line.time)} ${line.level}: ${oneLine(about + instants(textOf(line)))}`)
    }
  }
  if (!once && (yield* Json)) return json
  if (reader === "journal") return journal
  return once || reader === "person" ? people : json
})
