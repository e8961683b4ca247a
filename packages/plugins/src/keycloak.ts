/**
 * Keycloak: its readiness check passes, its realm answers, the issuer of tokens is the one that clients know, and (with an
 * `admin`) it issues a token. With a wrong host name the server is ready but nobody can log in; only the issuer shows this.
 *
 * The first and the last check run inside the container, because neither the management port nor the admin's password
 * leaves it. Its images have no HTTP client, so bash makes the request.
 */
import { http, type PluginCheck } from "@lastgood/core/plugin/checks"
import { definePlugin } from "@lastgood/core/plugin/definePlugin"
import * as Schema from "effect/Schema"
import { asking, HttpUrl, PathInside, quote, settingsOf, Text } from "./inside.ts"

const connect = (port: number) => `exec 3<>/dev/tcp/127.0.0.1/${port} || exit 1; `
const printStatus = "IFS= read -r -t 4 status <&3; "

const ready = (port: number) =>
  `exec bash -c ${quote(
    `${connect(port)}printf "GET /health/ready HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n" >&3; ${printStatus}printf "%s\\n" "$status"`
  )}`

/**
 * Requests a token. bash itself reads, encodes and sends the password, so no command line contains it. Neither the password
 * nor the token is printed.
 */
const token = (port: number, path: string, user: string, passwordFile: string) =>
  `exec bash -c ${quote(
    [
      `LC_ALL=C; password=$(<"$1") || exit 1; encoded=; `,
      `for ((i = 0; i < \${#password}; i++)); do `,
      `printf -v n %d "\\"\${password:i:1}"; printf -v hex %%%02X $((n & 255)); encoded+=$hex; done; `,
      `body="grant_type=password&client_id=admin-cli&username=$2&password=$encoded"; `,
      connect(port),
      `printf "POST %s HTTP/1.0\\r\\nHost: localhost\\r\\nContent-Type: application/x-www-form-urlencoded\\r\\n`,
      `Content-Length: %s\\r\\n\\r\\n%s" "$3" \${#body} "$body" >&3; `,
      printStatus,
      `while IFS= read -r -t 4 line <&3 || [ -n "$line" ]; do `,
      `case $line in *"\\"access_token\\":"*) echo "let in"; exit 0;; esac; done; `,
      `printf "not let in: %s\\n" "$status"; exit 1`
    ].join("")
  )} lastgood ${quote(passwordFile)} ${quote(encodeURIComponent(user))} ${quote(path)}`

const Settings = Schema.Struct({
  /** Keycloak's URL, with its relative path. Default: `https://<domain>`. */
  url: Schema.optionalKey(HttpUrl),
  /** Default: `master`. */
  realm: Schema.optionalKey(Text),
  /** The issuer of the realm's tokens. Default: `<url>/realms/<realm>`. */
  issuer: Schema.optionalKey(HttpUrl),
  /** Default: `app`. */
  service: Schema.optionalKey(Text),
  /** Port of the management interface in the container, its URL if it is published, or false. Default: 9000. */
  management: Schema.optionalKey(Schema.Union([Schema.Literal(false), Schema.Int, HttpUrl])),
  /** The user who requests a token, and the port in the container. Default: no such check. */
  admin: Schema.optionalKey(
    Schema.Struct({
      user: Text,
      passwordFile: PathInside,
      port: Schema.optionalKey(Schema.Int)
    })
  )
})

export default definePlugin({
  recipe: "keycloak",
  settings: settingsOf(Settings),
  health: ({ domain, settings }): ReadonlyArray<PluginCheck> => {
    const { realm = "master", service = "app", management = 9000, admin } = settings
    const url = (settings.url ?? `https://${domain}`).replace(/\/+$/, "")
    const home = `${url}/realms/${encodeURIComponent(realm)}`
    const issuer = settings.issuer ?? home
    const checks: Array<PluginCheck> = [
      http({ url: home, status: 200 }),
      http({ url: `${home}/.well-known/openid-configuration`, status: 200, contains: `"issuer":"${issuer}"` })
    ]
    if (typeof management === "string") {
      checks.unshift(http({ url: `${management.replace(/\/+$/, "")}/health/ready`, status: 200 }))
    } else if (management !== false) {
      checks.unshift(asking("Keycloak is ready", { service, command: ready(management), answer: /^HTTP\/1\.\d 200\b/ }))
    }
    if (admin !== undefined) {
      const path = `${new URL(url).pathname.replace(/\/$/, "")}/realms/master/protocol/openid-connect/token`
      const command = token(admin.port ?? 8080, path, admin.user, admin.passwordFile)
      checks.push(asking("Keycloak lets the admin in", { service, command, answer: /^let in$/ }))
    }
    return checks
  }
})
