DROP TABLE publication_blocks;
