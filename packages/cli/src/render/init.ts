/** What `init` found and wrote. Pure. */
import { oneLine, plural } from "./format.ts"
import { table } from "./table.ts"

interface Written {
  readonly file: string
  /** Why Docker could not be asked; null: it was. */
  readonly engine: string | null
  readonly isExample: boolean
  readonly apps: ReadonlyArray<{
    readonly app: string
    readonly runtime: string
    /** null: its lines are in force. */
    readonly leftOut: string | null
    readonly open: ReadonlyArray<string>
  }>
  /** Containers that run. */
  readonly watchtowers: ReadonlyArray<string>
}

const stateOf = ({ leftOut, open }: Written["apps"][number]): string => {
  if (leftOut !== null) return `as a comment: ${leftOut}`
  return open.length === 0 ? "ready for lastgood doctor" : `asks about ${open.join(", ")}`
}

/** @param width of the terminal; null: not a terminal. */
export const initText = ({ apps, engine, file, isExample, watchtowers }: Written, width: number | null): string => {
  if (isExample) {
    const why = engine === null ? "no app was found on this host" : `the host was not searched: ${oneLine(engine)}`
    return `wrote ${file}, an example, because ${why}\nnext: edit it, then lastgood doctor`
  }
  const taken = apps.filter(({ leftOut }) => leftOut === null)
  const [first] = taken
  const stop = watchtowers.map((name) => `docker stop ${name}`).join(" && ")
  return [
    `wrote ${file}: ${plural(taken.length, "app")} of ${apps.length} found`,
    table(
      ["app", "runtime", "written"],
      apps.map((app) => [app.app, app.runtime, stateOf(app)]),
      width
    ),
    ...(watchtowers.length === 0
      ? []
      : [`Watchtower runs: stop it before you promote an app that it upgrades (${stop})`]),
    `next: read it, then lastgood doctor${first === undefined ? "" : `, then lastgood promote ${first.app}`}`
  ].join("\n")
}
