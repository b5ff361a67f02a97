// Times in the site's zone: what a person reads and types, against what the server keeps (UTC).

interface Parts {
  date: string;
  time: string;
}

function formatter(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
}

/** Return date (YYYY-MM-DD) and time (HH:MM) of a moment as the clocks of a zone show them. */
export function inZone(iso: string, zone: string): Parts {
  const parts = Object.fromEntries(formatter(zone).formatToParts(new Date(iso)).map((part) => [part.type, part.value]));
  return { date: `${parts.year}-${parts.month}-${parts.day}`, time: `${parts.hour}:${parts.minute}` };
}

function asIfUtc(moment: number, zone: string): number {
  const parts = Object.fromEntries(formatter(zone).formatToParts(new Date(moment)).map((part) => [part.type, Number(part.value)]));
  return Date.UTC(parts.year!, parts.month! - 1, parts.day!, parts.hour!, parts.minute!, parts.second!);
}

/**
 * Return the moment at which the clocks of a zone show a date and time, as ISO in UTC; null for what
 * is no time. In the hour that a change of the clocks skips, the moment after it.
 */
export function fromZone({ date, time }: Parts, zone: string): string | null {
  const wanted = Date.parse(`${date}T${time}:00Z`);
  if (Number.isNaN(wanted)) return null;
  // The offset at the wanted time is known only there, so it is looked for twice.
  let moment = wanted;
  for (let round = 0; round < 2; round++) moment = wanted - (asIfUtc(moment, zone) - moment);
  return new Date(moment).toISOString().replace(".000Z", "Z");
}

/** Say a moment in words, for instance "Friday, 3 May 2026 at 09:00". */
export function spoken(iso: string, zone: string): string {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "short", timeZone: zone }).format(new Date(iso));
}

export function briefly(iso: string, zone: string): string {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short", timeZone: zone }).format(new Date(iso));
}
