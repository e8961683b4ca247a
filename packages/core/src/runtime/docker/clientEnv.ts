/**
 * The part of lastgood's environment that the docker client may see: how to reach the engine, and nothing else. Compose
 * files are interpolated from the client's environment, so anything more would leak into apps.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ownHome, ownPath } from "../../process/environment.ts"

/** Variables that the client itself uses. An env file must not set them: that would move the app to another engine. */
export const clientVariables: ReadonlySet<string> = new Set([
  "PATH",
  "HOME",
  "DOCKER_HOST",
  "DOCKER_CONTEXT",
  "DOCKER_CONFIG",
  "DOCKER_CERT_PATH",
  "DOCKER_TLS",
  "DOCKER_TLS_VERIFY",
  "DOCKER_API_VERSION",
  "DOCKER_DEFAULT_PLATFORM",
  "DOCKER_CONTENT_TRUST",
  "SSH_AUTH_SOCK",
  "XDG_RUNTIME_DIR"
])

/** PATH and HOME are the same for every tool (LAW-17). */
const cleaned = (name: string, value: string): string => {
  if (name === "PATH") return ownPath(value)
  return name === "HOME" ? ownHome(value) : value
}

export const clientEnv: Effect.Effect<Readonly<Record<string, string>>> = Effect.forEach(clientVariables, (name) =>
  Effect.map(
    Config.option(Config.String(name)),
    Option.map((value) => [name, cleaned(name, value)] as const)
  )
).pipe(
  // A systemd service has no HOME, but the client finds its contexts below it.
  Effect.map((found) => ({ HOME: ownHome(undefined), ...Object.fromEntries(found.flatMap(Option.toArray)) })),
  // A config provider that fails is a broken installation, which a runtime cannot handle.
  Effect.orDie
)
