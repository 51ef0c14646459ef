import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Notice } from '../ui/parts.tsx'

/** An address that leads nowhere. */
export function NotFound() {
  return (
    <div className="gate">
      <div className="stack" style={{ textAlign: 'center' }}>
        <h1>There is no such page</h1>
        <p className="soft">The address may be old, or a letter is missing.</p>
        <p>
          <Link to="/home">Go to the start</Link>
        </p>
      </div>
    </div>
  )
}

/** A page that broke; the rest of the shell stays. */
export function Broken({ error, reset }: { error: unknown; reset: () => void }) {
  return (
    <Notice
      tone="warn"
      role="alert"
      title="This page stopped working."
      actions={
        <Button size="xs" variant="default" onClick={reset}>
          Try again
        </Button>
      }
    >
      Nothing was changed or charged by that. {error instanceof Error ? error.message : ''}
    </Notice>
  )
}
