/** The plugins that come with lastgood, by recipe; each is imported only when an app has its recipe. */
import type { BuiltIns } from "@lastgood/core/plugin/loadPlugins"

export const builtIns: BuiltIns = {
  keycloak: () => import("./keycloak.ts")
}
