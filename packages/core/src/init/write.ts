/** The configuration for what was found on a host. Pure. */
import { advise, nextText } from "../domain/Next.ts"
import type { Watchtower } from "../runtime/docker/Watchtower.ts"
import type { AppEntry } from "./AppEntry.ts"
import type { FoundHost } from "./Found.ts"
import { comment, disabled, indented, listed, scalar } from "./lines.ts"
import { settingNotes } from "./watched.ts"

const steps = nextText(null, advise`${{ do: "Doctor" }}, then ${{ do: "Promote" }} <app>, then ${{ do: "Plan" }}`)

const head = (entries: ReadonlyArray<AppEntry>): ReadonlyArray<string> => [
  `# The configuration of lastgood, for what was found on this host. All keys: docs/config.md. Next: ${steps}`,
  ...(entries.some(({ about, lines }) => [...about, ...lines].some((line) => line.includes("# OPEN: ")))
    ? comment("OPEN marks what only you can answer or repair. lastgood does not touch an app before that.")
    : []),
  "",
  "# The folder for the log and the snapshots.",
  "# root: /var/lib/lastgood",
  "",
  "# A failed upgrade raises an alert: an event in the log, and a file in <root>/<app>/alerts."
]

const towerLines = (tower: Watchtower): ReadonlyArray<string> => [
  ...comment(
    `Watchtower ${tower.isRunning ? "runs" : "is stopped"} (container ${tower.name}). Two programs must not upgrade one app: stop it before you promote an app (docker stop ${tower.name}), or label the containers of the app com.centurylinklabs.watchtower.enable=false. See docs/from-watchtower.md.`
  ),
  ...(tower.scope === null ? [] : comment(`It only updates containers of its scope ${tower.scope}.`)),
  ...(tower.only.length === 0 ? [] : comment(`It only updates these containers: ${listed(tower.only)}.`)),
  ...settingNotes(tower).flatMap(comment)
]

const notifyLines = (towers: ReadonlyArray<Watchtower>): ReadonlyArray<string> => {
  const [tower] = towers.filter(({ notifies }) => notifies.length > 0)
  if (tower === undefined) return ['# notify: ["ntfy://ntfy.example.org/ops"]']
  return [
    ...comment(
      `Watchtower notifies ${listed(tower.notifies)}. Its URLs contain secrets and are not copied: docker inspect ${tower.name} shows them. They work here as they are (docs/notifications.md).`
    ),
    `# notify: [${tower.notifies.map((scheme) => JSON.stringify(`${scheme}://…`)).join(", ")}]`
  ]
}

/** Two apps cannot have one name. */
const renamed = (entries: ReadonlyArray<AppEntry>): ReadonlyArray<AppEntry> => {
  const taken = new Set<string>()
  return entries.map((entry) => {
    let name = entry.name
    for (let i = 2; taken.has(name); i++) name = `${entry.name.slice(0, 58)}-${i}`
    taken.add(name)
    return { ...entry, name }
  })
}

const entryLines = ({ about, lines, name, why }: AppEntry): ReadonlyArray<string> => {
  const app = [`${scalar(name)}:`, ...indented(lines)]
  return ["", ...indented([...about, ...(why === null ? app : disabled(app))])]
}

const rest = ({ loose, projects, stacks }: FoundHost): ReadonlyArray<string> => {
  const managed = [...projects, ...stacks].filter(({ isManaged }) => isManaged).map(({ name }) => name)
  return [
    ...(managed.length === 0 ? [] : ["", ...comment(`lastgood has deployed these before: ${listed(managed)}.`)]),
    ...(loose.length === 0
      ? []
      : [
          "",
          ...comment(
            `These containers belong to no compose project and to no stack, so lastgood cannot take them: ${listed(loose)}. Write a compose file for each.`
          )
        ])
  ]
}

export const configFor = (
  host: FoundHost,
  found: ReadonlyArray<AppEntry>
): { readonly text: string; readonly entries: ReadonlyArray<AppEntry> } => {
  const entries = renamed(found)
  const isEmpty = entries.every(({ why }) => why !== null)
  const text = [
    ...head(entries),
    ...notifyLines(host.watchtowers),
    ...host.watchtowers.flatMap((tower) => ["", ...towerLines(tower)]),
    "",
    isEmpty ? "apps: {} # with the first app, remove {}" : "apps:",
    ...entries.flatMap(entryLines),
    ...rest(host),
    ""
  ].join("\n")
  return { text, entries }
}
