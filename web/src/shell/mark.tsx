/** Two gates and the level between them. */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden>
      <rect width="24" height="24" rx="6" fill="var(--accent)" />
      <path
        d="M6 6v12M18 6v12M6 9.5h12M6 14.5c2 0 2-1.6 4-1.6s2 1.6 4 1.6 2-1.6 4-1.6"
        fill="none"
        stroke="var(--canvas)"
        strokeWidth="1.8"
        strokeLinecap="round"
      />
    </svg>
  )
}
