-- See large_site.py. The links get their listing time here, in one go, and not by a trigger for
-- each; the words of a post depend on its number alone, so every run has the same site.

ALTER TABLE post_tags DISABLE TRIGGER USER;

ALTER TABLE post_authors DISABLE TRIGGER USER;

INSERT INTO site_settings (key, value)
VALUES ('title', '"Large site"');

INSERT INTO authors (slug, name)
VALUES ('busy', 'Busy'), ('rare', 'Rare');

INSERT INTO authors (slug, name)
SELECT 'author-' || n, 'Author ' || n
FROM generate_series(1, :authors) n;

INSERT INTO tags (slug, name, visibility)
VALUES ('many', 'Many', 'public'), ('few', 'Few', 'public'), ('hash-hidden', '#hidden', 'internal');

INSERT INTO tags (slug, name)
SELECT 'tag-' || n, 'Tag ' || n
FROM generate_series(1, :tags) n;

INSERT INTO tag_groups (slug, name)
VALUES ('everything', 'Everything');

INSERT INTO tag_group_members (group_id, tag_id, position)
SELECT g.id, t.id, t.id
FROM tag_groups g, tags t
WHERE t.slug IN ('many', 'few', 'tag-1', 'tag-2', 'tag-3', 'tag-4');

INSERT INTO posts (slug, title, status, published_at, updated_at, html, plaintext, excerpt, reading_minutes)
SELECT CASE WHEN n = :posts / 2 THEN 'middle' ELSE 'post-' || n END, 'Post ' || n || ' about ' || words[1 + n % 24], 'published', timestamptz '2026-01-01 UTC' - n * interval '7 minutes', timestamptz '2026-01-01 UTC', '<p>' || body || '</p><h2>More</h2>' || repeat('<p>' || body || '</p>', 8), body, left(body, 200), 3
FROM generate_series(1, :posts) n, (SELECT string_to_array(:words, ' ') AS words) vocabulary,
LATERAL (SELECT string_agg(words[1 + (n * 7 + k * (1 + n % 23)) % 24], ' ') || ' number' || n AS body
FROM generate_series(1, 40) k) bodies;

INSERT INTO post_tags (post_id, tag_id, position, listed_at)
SELECT p.id, t.id, 0, p.listed_at
FROM posts p, tags t
WHERE t.slug = 'many';

INSERT INTO post_tags (post_id, tag_id, position, listed_at)
SELECT p.id, t.id, 1, p.listed_at
FROM posts p
JOIN tags t ON t.slug = 'tag-' || (1 + p.id % :tags);

INSERT INTO post_tags (post_id, tag_id, position, listed_at)
SELECT p.id, t.id, 2, p.listed_at
FROM posts p, tags t
WHERE t.slug = 'hash-hidden' AND p.id % 3 = 0;

INSERT INTO post_tags (post_id, tag_id, position, listed_at)
SELECT p.id, t.id, 3, p.listed_at
FROM (SELECT id, listed_at
FROM posts ORDER BY listed_at LIMIT 5) p, tags t
WHERE t.slug = 'few';

INSERT INTO post_authors (post_id, author_id, position, listed_at)
SELECT p.id, a.id, 0, p.listed_at
FROM posts p, authors a
WHERE a.slug = 'busy';

INSERT INTO post_authors (post_id, author_id, position, listed_at)
SELECT p.id, a.id, 1, p.listed_at
FROM posts p
JOIN authors a ON a.slug = 'author-' || (1 + p.id % :authors);

INSERT INTO post_authors (post_id, author_id, position, listed_at)
SELECT p.id, a.id, 2, p.listed_at
FROM (SELECT id, listed_at
FROM posts ORDER BY listed_at LIMIT 5) p, authors a
WHERE a.slug = 'rare';

ALTER TABLE post_tags ENABLE TRIGGER USER;

ALTER TABLE post_authors ENABLE TRIGGER USER;
