"""The sandbox LMS in Tutor's containers."""
