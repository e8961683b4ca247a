/** The stylesheet, the script and the icon of the pages. Their addresses contain a hash of their content. */
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import { type Asset, iconAsset, scriptAsset, styleAsset } from "../../pages/assets.ts"
import { pageHeaders } from "../../pages/layout.ts"

const serve = ({ contentType, path, text }: Asset) => {
  const headers = { ...pageHeaders, "cache-control": "public, max-age=31536000, immutable" }
  return HttpRouter.add("GET", path, Effect.succeed(HttpServerResponse.text(text, { contentType, headers })))
}

export const AssetsLive = Layer.mergeAll(serve(styleAsset), serve(scriptAsset), serve(iconAsset))
