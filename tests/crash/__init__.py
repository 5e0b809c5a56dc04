"""Proofs that no death of a process, of the power, of the disk or of the clock loses or doubles a message."""
