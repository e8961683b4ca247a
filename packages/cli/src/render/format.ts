/** Formats numbers, times and texts for people, as the daemon's pages do. */
export * from "@lastgood/reconciler/reading/format"
