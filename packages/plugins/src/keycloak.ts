/** Keycloak: the master realm answers only once the server has started and can read its database. */
import { http } from "@lastgood/core/plugin/checks"
import { definePlugin } from "@lastgood/core/plugin/definePlugin"

export default definePlugin({
  recipe: "keycloak",
  health: () => [http({ path: "/realms/master", status: 200 })],
  // The providers' jars are data, what is unpacked beside them is not.
  volumes: { exclude: { providers: ["tmp/**"] } }
})
