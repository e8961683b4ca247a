/** Manifests, indexes and configurations of images (OCI image-spec, and docker's own older types). Pure. */
import * as Schema from "effect/Schema"
import { isDigest } from "./Reference.ts"

/** The accepted types. Without them, a registry may answer with an obsolete type. */
export const accepted = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json"
].join(", ")

const Digest = Schema.String.pipe(Schema.refine((text): text is string => isDigest(text)))

const Platform = Schema.Struct({
  architecture: Schema.String,
  os: Schema.String,
  variant: Schema.optionalKey(Schema.String)
})
export type Platform = typeof Platform.Type

const Index = Schema.Struct({
  manifests: Schema.Array(Schema.Struct({ digest: Digest, platform: Schema.optionalKey(Platform) }))
})

const ImageManifest = Schema.Struct({ config: Schema.Struct({ digest: Digest }) })

export const Manifest = Schema.Union([Index, ImageManifest])
export type Manifest = typeof Manifest.Type

const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

/** The used parts of an image's configuration. */
export const ImageConfig = Schema.Struct({
  created: optional(Schema.String),
  config: optional(
    Schema.Struct({
      Labels: optional(Schema.Record(Schema.String, Schema.String)),
      Env: optional(Schema.Array(Schema.String))
    })
  )
})
export type ImageConfig = typeof ImageConfig.Type

/** Platforms of images by node's names. */
const architectures: Readonly<Record<string, Platform>> = {
  x64: { os: "linux", architecture: "amd64" },
  arm64: { os: "linux", architecture: "arm64", variant: "v8" },
  arm: { os: "linux", architecture: "arm", variant: "v7" },
  ia32: { os: "linux", architecture: "386" }
}

export const platformOf = (arch: string): Platform => architectures[arch] ?? { os: "linux", architecture: arch }

export const platformText = ({ os, architecture, variant }: Platform): string =>
  [os, architecture, ...(variant === undefined ? [] : [variant])].join("/")

/** The entry of an index for a platform: of the same variant, otherwise without a variant. */
export const entryFor = (manifest: Manifest, platform: Platform): string | null => {
  if (!("manifests" in manifest)) return null
  const fitting = manifest.manifests.filter(
    (entry) => entry.platform?.os === platform.os && entry.platform.architecture === platform.architecture
  )
  const exact = fitting.find((entry) => entry.platform?.variant === platform.variant)
  return (exact ?? fitting.find((entry) => entry.platform?.variant === undefined) ?? fitting[0])?.digest ?? null
}

/** The platforms of an index, for messages. */
export const platformsOf = (manifest: Manifest): ReadonlyArray<string> =>
  "manifests" in manifest
    ? manifest.manifests.flatMap(({ platform }) =>
        platform === undefined || platform.os === "unknown" ? [] : [platformText(platform)]
      )
    : []
