"""Who walks through the hallway when nobody gives a name."""

_NAMES = """
Adriana Aemilia Agrippa Alcibiades Alonso Amiens Andronicus Angelica Angelo Antigonus Antonio
Antony Apemantus Ariel Armado Arviragus Audrey Balthasar Banquo Baptista Bardolph Bassanio
Beatrice Belarius Benedick Benvolio Bertram Bianca Biondello Biron Borachio Bottom Boyet
Brabantio Brutus Caliban Calpurnia Camillo Capucius Cassandra Cassio Cassius Celia Ceres Cesario
Charmian Chiron Cicero Claudio Cleomenes Cleopatra Clitus Cobweb Cordelia Corin Coriolanus
Costard Cressida Cymbeline Demetrius Desdemona Dercetas Diana Diomedes Dogberry Dolabella
Donalbain Dromio Duncan Edgar Egeus Emilia Enobarbus Escalus Eros Fabian Falstaff Faulconbridge
Fenton Ferdinand Feste Fidele Flavius Fleance Florizel Fluellen Fortinbras Francisca Francisco
Ganymede Gertrude Gonzalo Gratiano Gremio Grumio Guiderius Guildenstern Hamlet Hecate Hector
Helena Helicanus Hermia Hermione Hero Hippolyta Holofernes Horatio Hortensio Hotspur Hymen
Imogen Iras Iris Isabella Jaquenetta Jaques Jessica Juliet Juno Kate Katherine Laertes Lafew
Launce Launcelot Lavinia Lennox Leonardo Leonato Leontes Lorenzo Lucentio Lucetta Luciana
Lucio Lysander Lysimachus Macduff Malcolm Malvolio Mamillius Marcellus Margaret Maria Mariana
Marina Marullus Mercutio Miranda Montano Moth Mustardseed Nathaniel Nerissa Nestor Oberon
Octavia Octavius Oliver Olivia Ophelia Orlando Orsino Osric Othello Overdone Pandarus Paris
Parolles Patroclus Paulina Peaseblossom Perdita Pericles Petruchio Phebe Philo Philostrate
Phrynia Pindarus Pisanio Pistol Poins Polixenes Polonius Portia Posthumus Priam Prospero
Proteus Puck Quickly Quince Quintus Reynaldo Roderigo Romeo Rosalind Rosaline Rosencrantz
Salarino Salerio Sebastian Shylock Silence Silvia Silvius Snout Snug Solanio Starveling
Stephano Strato Tamora Thaisa Theseus Thersites Thyreus Timandra Timon Titania Touchstone
Tranio Trinculo Troilus Tybalt Ulysses Ursula Valentine Varrius Ventidius Verges Vernon
Vincentio Viola Virgilia Volumnia Yorick
"""
CHARACTERS = tuple(_NAMES.split())
