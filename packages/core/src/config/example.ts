/** The file that `lastgood init` writes: a valid configuration, with the other keys in comments. */
import { advise, nextText } from "../domain/Next.ts"
import { type RuntimeKind, runtimeKinds, runtimeTraits } from "../domain/RuntimeKind.ts"

/** The next commands, named in the file. */
const tryIt = nextText(null, advise`${{ do: "Doctor" }}, then ${{ do: "Plan" }}`)

/** @param app the first app; by default one for the local runtime, which does not need Docker. */
export const exampleConfig = (
  app: {
    readonly name: string
    readonly recipe: string
    readonly runtime: RuntimeKind
    readonly domain: string | null
  } = {
    name: "my-app",
    recipe: "./recipes/my-app",
    runtime: "local",
    domain: null
  }
): string => `# The configuration of lastgood. All keys: docs/config.md. Next: ${tryIt}

# The folder for the log and the snapshots.
# root: /var/lib/lastgood

# A failed upgrade raises an alert: an event in the log, and a file in <root>/<app>/alerts. To get it as a message too, name
# URLs (docs/notifications.md).
# notify: ["ntfy://ntfy.example.org/ops"]
# digest: "08:00" # what happened since the last one
# ping: https://hc-ping.com/<uuid> # a dead man's switch

# After so many automatic upgrades in a row that were rolled back, the daemon stops upgrading.
# breaker: 3

# Recipe plugins: health checks and volume filters. A path or an npm package.
# plugins: [./plugins/my-recipe.ts]

apps:
  ${quoted(app.name)}:
    # The recipe's git repository; its tags are the versions. Paths are relative to this file.
    recipe: ${quoted(app.recipe)}
    runtime: ${app.runtime} # ${runtimeKinds.join(" | ")}
    ${app.domain === null ? "# domain: my-app.example.org" : `domain: ${quoted(app.domain)}`}
    # env: ./${app.name}.env
    ${runtimeTraits[app.runtime].volumesFrom === "configuration" ? "" : "# "}volumes: [data] # runtime local only; the other runtimes get them from the engine
    policy: minor # patch | minor | major | manual
    # minimumAge: 2d # wait before an automatic upgrade
    schedule: "0 3 * * *" # or interval: 15m
    # window: "Sat,Sun 02:00-05:00" # automatic upgrades begin only then
    # after: [] # names of apps that come first
    # The health gate. Without checks it only sees that the services run, which is weak evidence.
    # health:
    #   deadline: 5m
    #   stableFor: 20s
    #   checks:
    #     - http: http://127.0.0.1:8080/health/ready
    #       status: 200
    #     - tcp: "127.0.0.1:5432"
    #     - grpc: "127.0.0.1:50051"
    snapshot:
      keep: 3
      # exclude: { data: ["cache/**"] } # not in snapshots of the volume data, and lost in a rollback
`

/** A plain YAML scalar if that is safe, else a quoted one. */
const quoted = (text: string): string =>
  /^[A-Za-z./][A-Za-z0-9._/-]*$/.test(text) && !/^(?:true|false|null)$/i.test(text) ? text : JSON.stringify(text)
