/** figures: how errors are written in reports: three significant digits, exponents where a person would want them. */

/** 0, 1.19e-7, 0.00123, 12.3, 4.56e+5, nan, inf */
export function formatFigure(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  return magnitude >= 1e-3 && magnitude < 1e5 ? String(Number(value.toPrecision(3))) : value.toExponential(2);
}
