-- The customer as of the newest order. DISTINCT ON, because one batch may hold two orders of a customer.
INSERT INTO public.customers AS c (id, email, phone, country, last_order_at)
SELECT DISTINCT ON (customer ->> 'id')
       customer ->> 'id', customer ->> 'email', customer ->> 'phone', customer ->> 'country', placed_at
  FROM event
 ORDER BY customer ->> 'id', placed_at DESC
    ON CONFLICT (id) DO UPDATE
   SET email = excluded.email, phone = excluded.phone, country = excluded.country, last_order_at = excluded.last_order_at
 WHERE c.last_order_at <= excluded.last_order_at;

-- An order that the shop sends twice is loaded once.
INSERT INTO public.orders (id, customer_id, placed_at, currency)
SELECT order_id, customer ->> 'id', placed_at, currency
  FROM event
    ON CONFLICT (id) DO NOTHING;

INSERT INTO public.order_items (order_id, line, sku, quantity, price)
SELECT order_id, line, item ->> 'sku', (item ->> 'quantity')::integer, (item ->> 'price')::numeric
  FROM event, jsonb_array_elements(items) WITH ORDINALITY AS i (item, line)
    ON CONFLICT (order_id, line) DO NOTHING;
