/** Snapshots and data set aside: captured, verified, restored, pruned. */
import * as Schema from "effect/Schema"
import { At, Count, event, noted, Text } from "./shape.ts"

export const snapshots = {
  SnapshotTaken: event("SnapshotTaken", 1, "A snapshot of every volume is whole on disk.", {
    snapshot: Text,
    version: Text,
    commit: Text,
    volumes: Schema.Array(
      Schema.Struct({ name: Text, bytes: Count, crc: Text, manifest: Schema.optionalKey(Text) })
    ).annotate({
      description:
        "`manifest`: the checksum of the manifest of the mirror that captured the volume; `bytes` is the size of its files then, and `crc` empty"
    }),
    bytes: Count,
    quietMs: noted(Count, "milliseconds that the step took while the app was down")
  }),
  SnapshotLeftOut: event(
    "SnapshotLeftOut",
    1,
    "A filter left files out of a snapshot; recorded when the snapshot is captured, or when an older one is staged.",
    {
      snapshot: Text,
      volumes: Schema.Array(
        Schema.Struct({
          name: Text,
          include: Schema.Array(Text),
          exclude: Schema.Array(Text),
          files: Schema.NullOr(Count),
          bytes: Schema.NullOr(Count)
        })
      ).annotate({ description: "`files`, `bytes` null: not counted" })
    }
  ),
  SnapshotVerified: event("SnapshotVerified", 1, "lastgood compared a snapshot with its checksums.", {
    snapshot: Text,
    ok: Schema.Boolean,
    problems: Schema.Array(Text),
    volumes: Schema.Array(Schema.Struct({ name: Text, sha256: Text, crc: Schema.optionalKey(Text) })).annotate({
      description: "`crc`: of an archive that was made of a mirror"
    })
  }),
  SnapshotAdopted: event("SnapshotAdopted", 1, "lastgood found a snapshot on disk that the log did not know.", {
    snapshot: Text,
    version: Text,
    commit: Text,
    at: noted(At, "when it was captured, according to its `meta.json`"),
    volumes: Schema.Array(Text),
    bytes: Count
  }),
  SnapshotPruned: event("SnapshotPruned", 1, "A snapshot was removed.", { snapshot: Text, reason: Text }),
  SnapshotStaged: event("SnapshotStaged", 1, "A snapshot was verified and unpacked beside the volumes.", {
    snapshot: Text,
    volumes: Schema.Array(Text),
    tookMs: noted(Count, "milliseconds")
  }),
  DataSetAside: event("DataSetAside", 1, "A restore set aside the data that it replaced.", {
    volumes: Schema.Array(Schema.Struct({ name: Text, path: Text })),
    until: noted(At, "when it may be pruned")
  }),
  SnapshotRestored: event("SnapshotRestored", 1, "The data of a snapshot is in place.", {
    snapshot: Text,
    version: Text,
    volumes: Schema.Array(Text),
    quietMs: noted(Count, "milliseconds that the step took while the app was down")
  }),
  AsidePruned: event("AsidePruned", 1, "Data set aside was removed.", {
    attempt: noted(Text, "the attempt that set it aside")
  })
}
