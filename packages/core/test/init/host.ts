/** Hosts for the tests of `init`. */
import type { ProjectFacts } from "../../src/init/AppEntry.ts"
import type { FoundHost, FoundProject, FoundService } from "../../src/init/Found.ts"

export const service = (name: string, more: Partial<FoundService> = {}): FoundService => ({
  service: name,
  name: `shop-${name}-1`,
  image: "nginx:latest",
  isRunning: true,
  hasHealthcheck: false,
  ports: [],
  labels: {},
  ...more
})

export const project = (more: Partial<FoundProject> = {}): FoundProject => ({
  name: "shop",
  folder: "/srv/shop",
  files: ["/srv/shop/compose.yml"],
  envFiles: [],
  services: [service("web")],
  isManaged: false,
  ...more
})

/** Its images follow from its services, unless they are given. */
export const facts = (more: Partial<ProjectFacts> = {}): ProjectFacts => ({
  project: project(),
  recipe: "/srv/shop",
  tags: null,
  files: [],
  profiles: [],
  images: (more.project ?? project()).services.map(({ image, service: name }) => ({
    service: name,
    image,
    follow: "digest"
  })),
  data: [],
  questions: [],
  obstacles: [],
  hazards: [],
  ports: [],
  published: null,
  ...more
})

export const host = (more: Partial<FoundHost> = {}): FoundHost => ({
  projects: [],
  stacks: [],
  abra: [],
  watchtowers: [],
  loose: [],
  ...more
})
