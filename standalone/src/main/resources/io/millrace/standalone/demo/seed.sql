-- The same shop every time: names are picked by arithmetic, not by chance.
INSERT INTO customers (name, email, street, postcode, city, country, newsletter, joined_on)
SELECT first || ' ' || last,
       lower(first || '.' || last) || i || '@example.org',
       (ARRAY['Mill Lane', 'Station Road', 'Rue des Lilas', 'Lindenstrasse', 'Via Roma', 'Kerkstraat', 'Calle Mayor', 'Storgatan'])[1 + (i * 5 + i / 8) % 8]
           || ' ' || 1 + (i * 37) % 140,
       lpad(((i * 7919) % 90000 + 1000)::text, 5, '0'),
       (ARRAY['Leeds', 'Lyon', 'Leipzig', 'Turin', 'Utrecht', 'Sevilla', 'Uppsala', 'Graz', 'Gent', 'Cork'])[1 + (i * 3 + i / 10) % 10],
       (ARRAY['GB', 'FR', 'DE', 'IT', 'NL', 'ES', 'SE', 'AT', 'BE', 'IE'])[1 + (i * 3 + i / 10) % 10],
       i % 3 = 0,
       date '2021-01-04' + (i * 11) % 1700
FROM (SELECT i,
             (ARRAY['Ada', 'Bram', 'Chiara', 'David', 'Elena', 'Femke', 'George', 'Hanna', 'Ivo', 'Julia', 'Karim', 'Lucia', 'Mara', 'Nils',
                    'Olivia', 'Pablo', 'Quentin', 'Rosa', 'Sven', 'Teresa'])[1 + i % 20] AS first,
             (ARRAY['Abbott', 'Bakker', 'Conti', 'Dupont', 'Eriksson', 'Fischer', 'Garcia', 'Hughes', 'Ivanova', 'Jansen', 'Keller', 'Lindgren',
                    'Moreau', 'Novak', 'Okafor', 'Pereira', 'Rossi', 'Schmidt', 'Tanaka', 'Walsh', 'Young'])[1 + (i * 13 + i / 20) % 21] AS last
      FROM generate_series(1, 400) AS i) AS people;

INSERT INTO products (sku, name, category, price, stock)
SELECT upper(left(category, 3)) || '-' || lpad(i::text, 4, '0'),
       (ARRAY['Oak', 'Copper', 'Linen', 'Enamel', 'Walnut', 'Wool', 'Slate', 'Cork', 'Brass'])[1 + (i * 7 + i / 9) % 9] || ' ' || thing,
       category,
       round((4 + (i * 2741 % 19600) / 100.0)::numeric, 2),
       40 + (i * 53) % 400
FROM (SELECT i,
             (ARRAY['kitchen', 'garden', 'office', 'bedroom'])[1 + i % 4] AS category,
             (ARRAY['bowl', 'lantern', 'desk lamp', 'throw', 'kettle', 'planter', 'pen tray', 'cushion', 'board', 'bench', 'bookend', 'blanket'])[1 + i % 12] AS thing
      FROM generate_series(1, 300) AS i) AS goods;

INSERT INTO orders (customer_id, status, total, placed_at, shipped_at)
SELECT 1 + (i * 17) % 400,
       (ARRAY['placed', 'paid', 'shipped', 'delivered', 'delivered', 'cancelled'])[1 + i % 6]::order_status,
       0,
       placed_at,
       CASE WHEN i % 6 IN (2, 3, 4) THEN placed_at + interval '1 day' END
FROM (SELECT i, now() - make_interval(mins => (1500 - i) * 20) AS placed_at FROM generate_series(1, 1500) AS i) AS history
ORDER BY i;

INSERT INTO order_lines (order_id, line_no, product_id, quantity, unit_price)
SELECT o.id, n, p.id, 1 + (o.id + n) % 3, p.price
FROM orders o
CROSS JOIN LATERAL generate_series(1, 1 + (o.id % 4)::int) AS n
JOIN products p ON p.id = 1 + (o.id * 31 + n * 97) % 300;

UPDATE orders o SET total = (SELECT sum(quantity * unit_price) FROM order_lines l WHERE l.order_id = o.id);

INSERT INTO payments (order_id, method, amount, paid_at)
SELECT id, (ARRAY['card', 'transfer', 'wallet'])[1 + id % 3], total, placed_at + interval '7 minutes'
FROM orders WHERE status IN ('paid', 'shipped', 'delivered') ORDER BY id;

INSERT INTO product_media
SELECT md5('media ' || i)::uuid,
       1 + (i * 5) % 300,
       (ARRAY['photo', 'video', 'manual'])[1 + i % 3]::media_kind,
       jsonb_build_object('camera', 'MR-' || i % 7, 'focal', jsonb_build_array(24, 35 + i, null), 'gps', jsonb_build_object('lat', 52.0 + i / 100.0, 'lon', -1.5)),
       ARRAY['studio', 'say "cheese"', NULL, E'tab\there', 'naïve ☕'],
       ARRAY[ARRAY[1920, 1080], ARRAY[640, NULL]],
       CASE i % 5 WHEN 0 THEN 'NaN'::numeric WHEN 1 THEN 12345678901234.567891 WHEN 2 THEN -0.000001 ELSE i + 0.5 END,
       CASE i % 7 WHEN 0 THEN 'infinity'::timestamptz WHEN 1 THEN '0044-03-15 12:00:00+00 BC'::timestamptz
                  ELSE timestamptz '2024-02-29 23:59:59.999999+02' + make_interval(days => i) END,
       '10:15:00.5+05:30'::timetz,
       make_interval(months => 1, days => i % 28, secs => 1.25),
       daterange('2024-01-01', CASE WHEN i % 4 = 0 THEN NULL ELSE date '2025-01-01' END),
       ('10.0.' || i % 250 || '.7/24')::inet,
       decode(md5(i::text) || '00ff', 'hex'),
       (i % 256)::bit(8),
       CASE i % 6 WHEN 0 THEN 'NaN'::float8 WHEN 1 THEN '-Infinity'::float8 ELSE i / 3.0 END,
       CASE WHEN i % 8 = 0 THEN repeat(md5(i::text) || ' mill race ', 2328) ELSE 'Clip ' || i END
FROM generate_series(1, 120) AS i;

ANALYZE customers, products, orders, order_lines, payments, product_media;
