/** Where an installation keeps its configuration, where its service keeps what it knows, and where the service manager hands it its secrets. */

export const installed = { file: '/etc/lineside/lineside.yaml', directory: '/var/lib/lineside', credentials: '/run/credentials/lineside.service' } as const
