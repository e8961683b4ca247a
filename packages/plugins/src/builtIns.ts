/** The built-in plugins, by recipe. Each is imported only if an app has its recipe or names it. */
import type { BuiltIns } from "@lastgood/core/plugin/loadPlugins"

export const builtIns: BuiltIns = {
  generic: () => import("./generic.ts"),
  keycloak: () => import("./keycloak.ts"),
  mariadb: () => import("./mariadb.ts"),
  postgres: () => import("./postgres.ts"),
  redis: () => import("./redis.ts")
}
