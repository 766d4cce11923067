-- read by a notebook, no transform
SELECT {columns} FROM orders ORDER BY amount DESC LIMIT 10
