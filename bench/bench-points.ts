import { creditOneByOne, creditWithSameStatements } from './bare-credit.ts';
import type { BenchWorld } from './bench-world.ts';
import type { Variant } from './credits-per-second.ts';
import { creditsPerSecond, nothingMore } from './credits-per-second.ts';
import { fillDatabase, fillTopic } from './fill-points.ts';
import { interleave } from './interleave.ts';
import { openPointsHandler } from './points-handler.ts';
import type { Spread } from './statistics.ts';
import { spread, spreadOfRatios } from './statistics.ts';

export type PointsFigures = {
  events: number;
  /** Credits per second from a filled topic. */
  points: Spread;
  sameStatements: Spread;
  oneByOne: Spread;
  ratioToSameStatements: Spread;
  ratioToOneByOne: Spread;
};

type Candidate = Variant & { name: 'points' | 'sameStatements' | 'oneByOne' };

/** Interleaved rounds: points itself, its SQL statements without validation and decision, and one transaction an event. */
export async function benchPoints(
  world: BenchWorld,
  size: { rounds: number; events: number; oneByOneEvents: number },
  say: (line: string) => void,
): Promise<PointsFigures> {
  await fillDatabase(world, size.events);
  await fillTopic(world, size.events);
  const points = await openPointsHandler(world);
  const variants: Candidate[] = [
    { name: 'points', handle: points.handle },
    { name: 'sameStatements', handle: (records) => creditWithSameStatements(world.pool, records).then(nothingMore) },
    { name: 'oneByOne', handle: (records) => creditOneByOne(world.pool, records).then(nothingMore) },
  ];
  const rates = { points: [] as number[], sameStatements: [] as number[], oneByOne: [] as number[] };
  await interleave(size.rounds, variants, async (round, variant) => {
    const wanted = variant.name === 'oneByOne' ? size.oneByOneEvents : size.events;
    const rate = await creditsPerSecond(world, variant, wanted);
    if (round > 0) rates[variant.name].push(rate);
    say(`points round ${round}: ${variant.name} ${rate.toFixed(0)} credits/s`);
  });
  await points.close();
  return {
    events: size.events,
    points: spread(rates.points),
    sameStatements: spread(rates.sameStatements),
    oneByOne: spread(rates.oneByOne),
    ratioToSameStatements: spreadOfRatios(rates.points, rates.sameStatements),
    ratioToOneByOne: spreadOfRatios(rates.points, rates.oneByOne),
  };
}
