"""Forms: the shape of what pages send. Whether something may happen is asked of `workflow`."""
