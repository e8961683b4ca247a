/** What `lastgood init` writes: a configuration that validates as it stands, with the rest of what there is in comments. */
import { advise, nextText } from "../domain/Next.ts"
import { type RuntimeKind, runtimeKinds, runtimeTraits } from "../domain/RuntimeKind.ts"

/** What to do once it is written. */
const tryIt = nextText(null, advise`${{ do: "Doctor" }}, then ${{ do: "Plan" }}`)

/** @param app the first app; by default one for the local runtime, which needs no Docker. */
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
): string => `# What lastgood keeps up to date. All keys: docs/config.md. Try it: ${tryIt}

# Where lastgood keeps its log and its snapshots.
# root: /var/lib/lastgood

# When an upgrade failed there is an alert: an event in the log, and a file in <root>/<app>/alerts. Point your monitoring
# there. URLs under \`notify\` are accepted, but this version sends nothing to them.
# notify: ["ntfy://ntfy.example.org/ops"]

# Recipe plugins: health checks, and which files are data. A path or an npm package.
# plugins: [./plugins/my-recipe.ts]

apps:
  ${quoted(app.name)}:
    # The recipe's git repository; its tags are the versions. Paths are relative to this file.
    recipe: ${quoted(app.recipe)}
    runtime: ${app.runtime} # ${runtimeKinds.join(" | ")}
    ${app.domain === null ? "# domain: my-app.example.org" : `domain: ${quoted(app.domain)}`}
    # env: ./${app.name}.env
    ${runtimeTraits[app.runtime].volumesFrom === "configuration" ? "" : "# "}volumes: [data] # runtime local only: the other runtimes ask the engine
    policy: minor # patch | minor | major | manual
    # minimumAge: 2d # let others find out first
    schedule: "0 3 * * *" # or interval: 15m
    # What healthy means. Without checks, that its services run, which is weak.
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
      # exclude: { data: ["cache/**"] } # for a volume named data: lost in a rollback
`

/** As a plain YAML scalar where that is safe, else in quotes. */
const quoted = (text: string): string =>
  /^[A-Za-z./][A-Za-z0-9._/-]*$/.test(text) && !/^(?:true|false|null)$/i.test(text) ? text : JSON.stringify(text)
