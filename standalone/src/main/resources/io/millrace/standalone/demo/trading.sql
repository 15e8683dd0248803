-- What happens in the shop. Each block is one transaction, its statements run in order; a block's weight is how often it is
-- picked. The first statement says who does it, as an application would, in a message that Millrace keeps as the actor.

-- block order-placed weight 30 by web-shop
WITH basket AS (
    SELECT id, price, row_number() OVER () AS line_no, 1 + (random() * 2)::int AS quantity
    FROM (SELECT id, price FROM products WHERE active AND stock > 5 ORDER BY random() LIMIT 1 + (random() * 3)::int) AS picked
), placed AS (
    INSERT INTO orders (customer_id, total)
    SELECT (SELECT id FROM customers ORDER BY random() LIMIT 1), sum(price * quantity) FROM basket HAVING count(*) > 0
    RETURNING id
)
INSERT INTO order_lines (order_id, line_no, product_id, quantity, unit_price)
SELECT placed.id, line_no, basket.id, quantity, price FROM placed, basket;

-- block order-paid weight 26 by payment-service
WITH paid AS (
    UPDATE orders SET status = 'paid'
    WHERE id = (SELECT id FROM orders WHERE status = 'placed' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, total
)
INSERT INTO payments (order_id, method, amount)
SELECT id, (ARRAY['card', 'transfer', 'wallet'])[1 + (random() * 2)::int], total FROM paid;

-- block order-shipped weight 22 by warehouse
WITH shipped AS (
    UPDATE orders SET status = 'shipped', shipped_at = now()
    WHERE id = (SELECT id FROM orders WHERE status = 'paid' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id
)
UPDATE products p SET stock = p.stock - l.quantity, updated_at = now()
FROM (SELECT product_id, sum(quantity) AS quantity FROM order_lines WHERE order_id IN (SELECT id FROM shipped) GROUP BY product_id) AS l
WHERE p.id = l.product_id;

-- block order-delivered weight 14 by carrier
UPDATE orders SET status = 'delivered'
WHERE id = (SELECT id FROM orders WHERE status = 'shipped' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED);

-- block order-cancelled weight 5 by web-shop
UPDATE orders SET status = 'cancelled', note = 'cancelled by the customer'
WHERE id = (SELECT id FROM orders WHERE status = 'placed' ORDER BY id DESC LIMIT 1 FOR UPDATE SKIP LOCKED);

-- block price-changed weight 6 by pricing
UPDATE products SET price = greatest(1, round(price * (0.9 + random() * 0.22)::numeric, 2)), updated_at = now()
WHERE id = (SELECT id FROM products ORDER BY random() LIMIT 1);

-- block goods-received weight 8 by warehouse
UPDATE products SET stock = stock + 120, updated_at = now()
WHERE id = (SELECT id FROM products ORDER BY stock LIMIT 1 FOR UPDATE SKIP LOCKED);

-- block customer-joined weight 4 by web-shop
INSERT INTO customers (name, email, street, postcode, city, country, joined_on)
SELECT name, lower(replace(name, ' ', '.')) || '.' || left(md5(random()::text), 8) || '@example.org', street, postcode, city, country, current_date
FROM (SELECT (SELECT split_part(name, ' ', 1) FROM customers ORDER BY random() LIMIT 1) || ' ' || split_part(name, ' ', 2) AS name,
             street, postcode, city, country
      FROM customers ORDER BY random() LIMIT 1) AS newcomer;

-- block customer-moved weight 5 by customer-care
UPDATE customers SET street = 'Weaver Street ' || 1 + (random() * 90)::int, city = 'Halifax', country = 'GB', postcode = 'HX' || (random() * 9)::int,
                     updated_at = now()
WHERE id = (SELECT id FROM customers ORDER BY random() LIMIT 1 FOR UPDATE SKIP LOCKED);

-- block photo-retouched weight 4 by studio
UPDATE product_media SET attributes = attributes || jsonb_build_object('retouched', now()), labels = array_append(labels, 'retouched')
WHERE id = (SELECT id FROM product_media WHERE cardinality(labels) < 9 ORDER BY random() LIMIT 1);

-- block customer-erased weight 1 by privacy-office
CREATE TEMPORARY TABLE erased ON COMMIT DROP AS
    SELECT id FROM customers c WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) < 6 ORDER BY random() LIMIT 1;
DELETE FROM payments WHERE order_id IN (SELECT id FROM orders WHERE customer_id IN (SELECT id FROM erased));
DELETE FROM order_lines WHERE order_id IN (SELECT id FROM orders WHERE customer_id IN (SELECT id FROM erased));
DELETE FROM orders WHERE customer_id IN (SELECT id FROM erased);
DELETE FROM customers WHERE id IN (SELECT id FROM erased);

-- block category-sale weight 0 by pricing
UPDATE products SET price = round(price * CASE WHEN price > 90 THEN 0.8 ELSE 1.12 END, 2), updated_at = now()
WHERE id IN (SELECT id FROM products ORDER BY id FOR UPDATE);

-- block old-orders-archived weight 0 by archive
CREATE TEMPORARY TABLE archived ON COMMIT DROP AS
    SELECT id FROM orders WHERE status IN ('delivered', 'cancelled') AND (SELECT count(*) FROM orders) > 3000 ORDER BY id LIMIT 250;
DELETE FROM payments WHERE order_id IN (SELECT id FROM archived);
DELETE FROM order_lines WHERE order_id IN (SELECT id FROM archived);
DELETE FROM orders WHERE id IN (SELECT id FROM archived);
