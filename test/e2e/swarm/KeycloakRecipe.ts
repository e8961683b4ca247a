// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are compose variables, not templates.
/**
 * Keycloak as Co-op Cloud's operators have it: server and database as services with a volume each, passwords as secrets of
 * the stack, tags with the recipe's version and the server's.
 */
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { initRecipe, tagRecipe } from "@lastgood/testing/recipe"
import * as Effect from "effect/Effect"
import { keycloakImage, postgresImage } from "../../docker/images.ts"

/** @param hostname under which clients know the server. */
const compose = (server: "26.0.0" | "26.4.7", hostname: string) => `
version: "3.8"
services:
  app:
    image: ${keycloakImage(server)}
    entrypoint: ["bash", "/docker-entrypoint.sh"]
    command: ["start", "--optimized"]
    environment:
      KC_DB_URL: jdbc:postgresql://db/keycloak
      KC_DB_USERNAME: keycloak
      KC_BOOTSTRAP_ADMIN_USERNAME: admin
      KC_HOSTNAME: ${hostname}
      KC_HTTP_ENABLED: "true"
      # It starts in half the time; a server that lives for minutes gains nothing from the rest.
      JAVA_OPTS_APPEND: "-XX:TieredStopAtLevel=1"
    secrets: [admin_password, db_password]
    configs:
      - source: entrypoint
        target: /docker-entrypoint.sh
    volumes: ["providers:/opt/keycloak/providers"]
    networks: [internal]
    ports:
      - target: 8080
        published: \${PORT}
        mode: host
    deploy: { endpoint_mode: dnsrr, restart_policy: { delay: 2s } }
  db:
    image: ${postgresImage}
    environment:
      POSTGRES_USER: keycloak
      POSTGRES_PASSWORD_FILE: /run/secrets/db_password
    secrets: [db_password]
    volumes: ["postgres:/var/lib/postgresql/data"]
    networks: [internal]
    deploy: { endpoint_mode: dnsrr, restart_policy: { delay: 1s } }
networks:
  internal:
volumes:
  providers:
  postgres:
secrets:
  admin_password: { external: true, name: "\${STACK_NAME}_admin_password_v1" }
  db_password: { external: true, name: "\${STACK_NAME}_db_password_v1" }
configs:
  entrypoint: { file: ./entrypoint.sh }
`

/** Keycloak itself reads no secrets from files. */
const entrypoint = `
export KC_DB_PASSWORD="$(cat /run/secrets/db_password)"
export KC_BOOTSTRAP_ADMIN_PASSWORD="$(cat /run/secrets/admin_password)"
exec /opt/keycloak/bin/kc.sh "$@"
`

export const versions = {
  first: "10.7.1+26.0.0",
  /** Migrates the database and is ready, but gives its tokens out in a name that no client knows. */
  unhealthy: "10.8.0+26.4.7",
  /** The same server as it should be. */
  second: "10.8.1+26.4.7",
  /** Its compose file does not lint. */
  broken: "10.9.0+26.4.7"
} as const

const address = "http://127.0.0.1:${PORT}"

const files: Readonly<Record<string, string>> = {
  [versions.first]: compose("26.0.0", address),
  [versions.unhealthy]: compose("26.4.7", "http://localhost:${PORT}"),
  [versions.second]: compose("26.4.7", address),
  [versions.broken]: compose("26.4.7", address).replace("    volumes: [", "    volumse: [")
}

/** @returns the folder of a git repository with one tag per version. */
export const makeKeycloakRecipe = async (folder: string): Promise<string> => {
  const repository = join(folder, "keycloak")
  await mkdir(repository)
  await Effect.runPromise(initRecipe(repository))
  await writeFile(join(repository, "entrypoint.sh"), entrypoint)
  for (const [version, text] of Object.entries(files)) {
    await writeFile(join(repository, "compose.yml"), text)
    await Effect.runPromise(tagRecipe(repository, version))
  }
  return repository
}
