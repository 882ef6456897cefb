import { defineConfig } from 'prisma/config';

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  // Only the Prisma CLI reads this (migrate status/deploy by those who have its engine); payguard's own code does not.
  datasource: { url: process.env.DATABASE_URL ?? '' },
});
